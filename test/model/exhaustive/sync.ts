/** The sync processes: passes as the real reconciler makes them, one write at a time. */
import type { Write } from "../../../shared/protocol/write.ts";
import { type Emit, replaceSide } from "./kubernetes.ts";
import type { Decision, Knowledge, Plans } from "./plans.ts";
import { COPIES, ENDPOINTS, NATIVES, SERVICES } from "./sides.ts";
import {
  type Draft,
  LISTED,
  OVERTAKEN,
  OWN_NATIVES,
  OWN_SERVICES,
  PEER_NATIVES,
  PEER_SERVICES,
  PENDING,
  READ,
  type Space,
  STALE,
  STARTING,
} from "./state.ts";

/**
 * Told of every write: the side of `cluster` before it, and the state after it. `overtaken`: pods, or people, have changed since
 * what the pass was planned from.
 */
export type OnWrite = (before: number, after: Draft, cluster: number, write: Write, overtaken: boolean) => void;

export interface Actors {
  space: Space;
  plans: Plans;
  onWrite: OnWrite;
  /** Room for a state in which a process was killed. */
  crashed: Draft;
}

const WATCHES = [OWN_SERVICES, OWN_NATIVES, PEER_SERVICES, PEER_NATIVES] as const;

/** How many versions each watch brings before a pass begins. */
type Arrivals = readonly [number, number, number, number];

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
  const { watches } = actors.space;
  const process = draft.process(cluster);
  const lags = WATCHES.map((place) => watches.lag(process[place] as number));
  const all = lags as unknown as Arrivals;
  const begun: { pass: number; arrivals: Arrivals }[] = [];
  for (const arrivals of arrivalsUpTo(lags)) {
    const first = decide(actors, draft, cluster, arrivals, false);
    for (const matured of first.ages ? [false, true] : [false]) {
      const { pass, live } = decide(actors, draft, cluster, arrivals, matured);
      if (pass === 0 || begun.some((one) => one.pass === pass && isLess(one.arrivals, arrivals))) continue;
      begun.push({ pass, arrivals });
      arrive(actors.space, next.set(draft), cluster, arrivals);
      next.process(cluster)[PENDING] = pass;
      // A pass from caches is as old as its caches, whenever it writes: only fresh reads are followed by a moment that counts.
      const belated =
        arrivals.every((count) => count === 0) && pass !== decide(actors, draft, cluster, all, matured).pass;
      makeWrites(actors, next, cluster, PENDING, !live, (found, what) => emit(found, what, belated));
    }
  }
}

/** True if a process that has seen everything would write. */
export function isBusy(actors: Actors, draft: Draft, cluster: number): boolean {
  const process = draft.process(cluster);
  const [a = 0, b = 0, c = 0, d = 0] = WATCHES.map((place) => actors.space.watches.lag(process[place] as number));
  return [false, true].some((matured) => decide(actors, draft, cluster, [a, b, c, d], matured).pass !== 0);
}

/** All combinations, those with fewer arrivals first. */
function arrivalsUpTo(lags: readonly number[]): readonly Arrivals[] {
  const key = lags.join("");
  const known = COMBINATIONS.get(key);
  if (known) return known;
  let all: number[][] = [[]];
  for (const lag of lags) all = all.flatMap((one) => Array.from({ length: lag + 1 }, (_, i) => [...one, i]));
  const total = (one: number[]) => one.reduce((sum, count) => sum + count, 0);
  const sorted = all.sort((a, b) => total(a) - total(b)) as unknown as Arrivals[];
  COMBINATIONS.set(key, sorted);
  return sorted;
}

const COMBINATIONS = new Map<string, readonly Arrivals[]>();

function isLess(a: Arrivals, b: Arrivals): boolean {
  return a.every((count, i) => count <= (b[i] as number));
}

function arrive(space: Space, draft: Draft, cluster: number, arrivals: Arrivals): void {
  const process = draft.process(cluster);
  for (const [i, place] of WATCHES.entries()) {
    process[place] = space.watches.advance(process[place] as number, arrivals[i] as number);
  }
}

/** What a process would know after the arrivals, from its caches. */
export function knowCached({ watches, sides }: Space, draft: Draft, cluster: number, arrivals: Arrivals): Knowledge {
  const process = draft.process(cluster);
  const seen = (i: 0 | 1 | 2 | 3) => watches.seen(process[WATCHES[i]] as number, arrivals[i]);
  const side = draft.side(cluster);
  return {
    own: cluster,
    services: seen(0),
    natives: seen(1),
    copies: sides.table.at(side, COPIES),
    endpoints: sides.table.at(side, ENDPOINTS),
    peerServices: seen(2),
    peerNatives: seen(3),
    listed: process[LISTED] === READ,
    matured: false,
    clock: draft.clock,
  };
}

/** As the reconciler: from the caches, and again from fresh reads if a write asks for it. */
function decide(actors: Actors, draft: Draft, cluster: number, arrivals: Arrivals, matured: boolean): Decision {
  const { space, plans } = actors;
  const cached = { ...knowCached(space, draft, cluster, arrivals), matured };
  const decision = plans.decide(cached);
  if (!decision.live) return decision;
  const { table } = space.sides;
  const [own, peer] = [draft.side(cluster), draft.side(1 - cluster)];
  const read = cached.listed ? { peerServices: table.at(peer, SERVICES), peerNatives: table.at(peer, NATIVES) } : {};
  const fresh = plans.decide({
    ...cached,
    ...read,
    services: table.at(own, SERVICES),
    natives: table.at(own, NATIVES),
  });
  return { ...fresh, live: true, ages: fresh.ages || decision.ages };
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
  const said: string[] = [];
  const tell = () => `${space.names[cluster]}: ${said.join(", then ")}`;
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

function makeWrite({ space, onWrite }: Actors, next: Draft, cluster: number, place: number): string {
  const process = next.process(cluster);
  const pass = process[place] as number;
  const number = space.passes.at(pass, 0);
  const write = space.sides.writes.get(number);
  const text = `${write.verb} ${write.resource}/${write.name} (${write.reason})`;
  const before = next.side(cluster);
  const { side, done } = space.sides.write(cluster, before, number);
  process[place] = done ? space.passes.at(pass, 1) : 0;
  if (!done) {
    if (process[PENDING] === 0 && process[STALE] === 0) process[OVERTAKEN] = 0;
    return `${text}: conflict`;
  }
  replaceSide(space, next, cluster, side, place === PENDING ? write.name : undefined);
  if (restoresSelector(write)) overtakePeer(next, cluster);
  onWrite(before, next, cluster, write, process[OVERTAKEN] !== 0);
  if (process[PENDING] === 0 && process[STALE] === 0) process[OVERTAKEN] = 0;
  return text;
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
