/** The sync processes: passes as the real reconciler makes them, one write at a time. */
import type { Write } from "../../../shared/protocol/write.ts";
import type { Beginnings } from "./begin.ts";
import {
  type Draft,
  LISTED,
  OVERTAKEN,
  OWN_NATIVES,
  OWN_SERVICES,
  PEER_NATIVES,
  PEER_SERVICES,
  PENDING,
  STALE,
  STARTING,
} from "./draft.ts";
import { replaceSide, type Scene } from "./kubernetes.ts";
import { OVERTAKES } from "./news.ts";
import { NATIVES, SERVICES } from "./sides.ts";
import type { Space } from "./state.ts";

export interface Actors {
  beginnings: Beginnings;
  /** Room for a state in which a process was killed. */
  crashed: Draft;
}

/** Every way in which a process may go on: begin a pass, make the next write of one, and an ex-leader's. */
export function stepSync(actors: Actors, scene: Scene): void {
  const { draft, next, cluster } = scene;
  const process = draft.process(cluster);
  if (process[STALE] !== 0) {
    next.set(draft);
    makeWrites(actors, scene, STALE, true);
  }
  if (process[PENDING] !== 0) {
    next.set(draft);
    makeWrites(actors, scene, PENDING, true);
  } else beginPasses(actors, scene);
}

function beginPasses(actors: Actors, scene: Scene): void {
  const { draft, next, cluster, emit } = scene;
  for (const { pass, live, watches, belated } of actors.beginnings.of(draft, cluster).all) {
    const process = next.set(draft).process(cluster);
    process.set(watches);
    process[PENDING] = pass;
    makeWrites(actors, { ...scene, emit: (found, what) => emit(found, what, belated) }, PENDING, !live);
  }
}

/** Writes that nobody else's steps can tell from a later or earlier moment, see docs/model.md. */
function isPlain(write: Write): boolean {
  if (write.resource === "endpoints") return true;
  return write.resource === "endpointslices" && write.verb !== "delete";
}

/**
 * Makes writes of the pass in `place`: one of any kind if `any`, then plain ones as long as they last. Before each further one
 * the process may crash.
 */
function makeWrites({ crashed }: Actors, scene: Scene, place: number, any: boolean): void {
  const { space, next, cluster, emit } = scene;
  const process = next.process(cluster);
  const said: Said[] = [];
  const tell = () => `${space.names[cluster]}: ${said.map((one) => sayWrite(space, one)).join(", then ")}`;
  if (any) said.push(makeWrite(scene, place));
  for (;;) {
    const pass = process[place] as number;
    if (pass === 0 || !isPlain(space.sides.writes.get(space.passes.at(pass, 0)))) break;
    if (next.faults > 0 && space.mayFail("crash") && said.length > 0 && place === PENDING) {
      crash(space, crashed.set(next), cluster);
      crashed.charge("faults");
      emit(crashed, () => `${tell()}, and is killed`);
    }
    said.push(makeWrite(scene, place));
  }
  emit(next, () => (said.length ? tell() : `${space.names[cluster]}: plans`));
}

/** A write by number, and whether it succeeded. */
interface Said {
  write: number;
  done: boolean;
}

function sayWrite({ sides }: Space, { write, done }: Said): string {
  const { verb, resource, name, reason } = sides.writes.get(write);
  return `${verb} ${resource}/${name} (${reason})${done ? "" : ": conflict"}`;
}

function makeWrite({ space, next, cluster }: Scene, place: number): Said {
  const process = next.process(cluster);
  const pass = process[place] as number;
  const number = space.passes.at(pass, 0);
  const before = next.side(cluster);
  const { side, done } = space.sides.write(cluster, before, number);
  process[place] = done ? space.passes.at(pass, 1) : 0;
  if (done) {
    const write = space.sides.writes.get(number);
    replaceSide(space, next, cluster, side, place === PENDING ? write.name : undefined);
    // What the peer judged while nobody tracked these pods says nothing about them.
    if (restoresSelector(write)) space.news.tell(next, OVERTAKES);
    space.written.note(next, { before, cluster, write: number, overtaken: process[OVERTAKEN] !== 0 });
  }
  if (process[PENDING] === 0 && process[STALE] === 0) process[OVERTAKEN] = 0;
  return { write: number, done };
}

function restoresSelector(write: Write): boolean {
  return write.verb === "patch" && Boolean((write.patch["spec"] as { selector?: unknown } | undefined)?.selector);
}

/** The process dies and starts again: its own cluster is listed before it does anything, its peer is not yet. */
export function crash(space: Space, draft: Draft, cluster: number): void {
  const process = draft.process(cluster);
  const { table } = space.sides;
  const own = draft.side(cluster);
  process[PENDING] = 0;
  process[OVERTAKEN] = 0;
  process[OWN_SERVICES] = space.watches.current(table.at(own, SERVICES));
  process[OWN_NATIVES] = space.watches.current(table.at(own, NATIVES));
  process[PEER_SERVICES] = space.watches.current(0);
  process[PEER_NATIVES] = space.watches.current(0);
  process[LISTED] = STARTING;
}
