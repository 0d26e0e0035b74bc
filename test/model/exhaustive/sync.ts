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
import { type Emit, replaceSide } from "./kubernetes.ts";
import { NATIVES, SERVICES } from "./sides.ts";
import type { Space } from "./state.ts";

/**
 * Told of every write: the side of `cluster` before it, and the state after it. `overtaken`: pods, or people, have changed since
 * what the pass was planned from.
 */
export type OnWrite = (before: number, after: Draft, cluster: number, write: Write, overtaken: boolean) => void;

export interface Actors {
  space: Space;
  beginnings: Beginnings;
  onWrite: OnWrite;
  /** Room for a state in which a process was killed. */
  crashed: Draft;
}

/** Every way in which the processes may go on: begin a pass, make the next write of one, and an ex-leader's. */
export function stepSync(actors: Actors, draft: Draft, next: Draft, emit: Emit): void {
  for (const cluster of [0, 1]) {
    const process = draft.process(cluster);
    if (process[STALE] !== 0) makeWrites(actors, next.set(draft), cluster, STALE, true, emit);
    if (process[PENDING] !== 0) makeWrites(actors, next.set(draft), cluster, PENDING, true, emit);
    else beginPasses(actors, draft, next, cluster, emit);
  }
}

function beginPasses(actors: Actors, draft: Draft, next: Draft, cluster: number, emit: Emit): void {
  const { beginnings } = actors;
  for (const { pass, live, watches, belated } of beginnings.of(draft, cluster).all) {
    const process = next.set(draft).process(cluster);
    process.set(watches);
    process[PENDING] = pass;
    makeWrites(actors, next, cluster, PENDING, !live, (found, what) => emit(found, what, belated));
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
function makeWrites(actors: Actors, next: Draft, cluster: number, place: number, any: boolean, emit: Emit): void {
  const { space } = actors;
  const process = next.process(cluster);
  const said: Said[] = [];
  const tell = () => `${space.names[cluster]}: ${said.map((one) => sayWrite(space, one)).join(", then ")}`;
  if (any) said.push(makeWrite(actors, next, cluster, place));
  for (;;) {
    const pass = process[place] as number;
    if (pass === 0 || !isPlain(space.sides.writes.get(space.passes.at(pass, 0)))) break;
    if (next.faults > 0 && space.mayFail("crash") && said.length > 0 && place === PENDING) {
      crash(space, actors.crashed.set(next), cluster);
      actors.crashed.charge("faults");
      emit(actors.crashed, () => `${tell()}, and is killed`);
    }
    said.push(makeWrite(actors, next, cluster, place));
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

function makeWrite({ space, onWrite }: Actors, next: Draft, cluster: number, place: number): Said {
  const process = next.process(cluster);
  const pass = process[place] as number;
  const number = space.passes.at(pass, 0);
  const before = next.side(cluster);
  const { side, done } = space.sides.write(cluster, before, number);
  process[place] = done ? space.passes.at(pass, 1) : 0;
  if (done) {
    const write = space.sides.writes.get(number);
    replaceSide(space, next, cluster, side, place === PENDING ? write.name : undefined);
    if (restoresSelector(write)) overtakePeer(next, cluster);
    onWrite(before, next, cluster, write, process[OVERTAKEN] !== 0);
  }
  if (process[PENDING] === 0 && process[STALE] === 0) process[OVERTAKEN] = 0;
  return { write: number, done };
}

function restoresSelector(write: Write): boolean {
  return write.verb === "patch" && Boolean((write.patch["spec"] as { selector?: unknown } | undefined)?.selector);
}

/** What the peer judged while nobody tracked these pods says nothing about them. */
function overtakePeer(draft: Draft, cluster: number): void {
  const process = draft.process(1 - cluster);
  if (process[PENDING] !== 0 || process[STALE] !== 0) process[OVERTAKEN] = 1;
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
