/** Which passes a process may begin: for each, how much has arrived and what it is going to write. */
import { type Draft, LISTED, OWN_NATIVES, OWN_SERVICES, PEER_NATIVES, PEER_SERVICES, READ } from "./draft.ts";
import type { Decision, Knowledge, Plans } from "./plans.ts";
import { COPIES, ENDPOINTS, NATIVES, SERVICES } from "./sides.ts";
import type { Space } from "./state.ts";
import { Memory, TupleTable } from "./tuples.ts";

export const WATCHES = [OWN_SERVICES, OWN_NATIVES, PEER_SERVICES, PEER_NATIVES] as const;

/** How many versions each watch brings before a pass begins. */
export type Arrivals = readonly [number, number, number, number];

export interface Beginning {
  pass: number;
  /** Judged from fresh reads. */
  live: boolean;
  /** The four watches once the pass has been planned. */
  watches: readonly number[];
  /** With all the news it would be another one, so nobody takes it for ever. */
  belated: boolean;
}

export interface Choice {
  all: readonly Beginning[];
  /** What a process that has seen everything would do: nothing, write what changes something, or write in vain. */
  caughtUp: "rests" | "works" | "toils";
}

/** The passes that may begin, worked out once for all states in which a process and what it may read are the same. */
export class Beginnings {
  readonly #space: Space;
  readonly #plans: Plans;
  readonly #queues = new TupleTable(WATCHES.length);
  /** Without the peer's objects in the key: undefined where they are read. */
  readonly #cached = new Memory<Choice | undefined>(4);
  readonly #live = new Memory<Choice>(5);
  /** The peer's objects were read since this was set to false. */
  #read = false;

  constructor(space: Space, plans: Plans) {
    this.#space = space;
    this.#plans = plans;
  }

  of(draft: Draft, cluster: number): Choice {
    const process = draft.process(cluster);
    const who = cluster + 2 * (process[LISTED] as number) + 8 * draft.clock;
    const key = [who, this.#queues.intern(process), draft.side(cluster)];
    return (
      this.#cached.of([...key, 0], () => {
        this.#read = false;
        const found = this.#find(draft, cluster);
        return this.#read ? undefined : found;
      }) ?? this.#live.of([...key, 0, draft.side(1 - cluster)], () => this.#find(draft, cluster))
    );
  }

  #find(draft: Draft, cluster: number): Choice {
    const { watches } = this.#space;
    const process = draft.process(cluster);
    const lags = WATCHES.map((place) => watches.lag(process[place] as number));
    const last = lags as unknown as Arrivals;
    const begun: (Beginning & { arrivals: Arrivals })[] = [];
    for (const arrivals of arrivalsUpTo(lags)) {
      const first = this.#decide(draft, cluster, arrivals, false);
      for (const matured of first.ages ? [false, true] : [false]) {
        const { pass, live } = this.#decide(draft, cluster, arrivals, matured);
        if (pass === 0 || begun.some((one) => one.pass === pass && isLess(one.arrivals, arrivals))) continue;
        const belated = pass !== this.#decide(draft, cluster, last, matured).pass;
        begun.push({ pass, live, arrivals, belated, watches: this.#afterwards(draft, cluster, arrivals, live) });
      }
    }
    return { all: begun, caughtUp: this.#endOf(draft, cluster, last) };
  }

  #endOf(draft: Draft, cluster: number, arrivals: Arrivals): Choice["caughtUp"] {
    let end: Choice["caughtUp"] = "rests";
    for (const matured of [false, true]) {
      const { pass, ages } = this.#decide(draft, cluster, arrivals, matured);
      if (this.#changes(draft.side(cluster), cluster, pass)) return "works";
      if (pass !== 0) end = "toils";
      if (!ages) break;
    }
    return end;
  }

  /** Whether the writes of a pass leave anything behind. */
  #changes(side: number, cluster: number, pass: number): boolean {
    const { passes, sides } = this.#space;
    for (let rest = pass; rest !== 0; rest = passes.at(rest, 1)) {
      const { side: after, done } = sides.write(cluster, side, passes.at(rest, 0));
      if (after !== side) return true;
      if (!done) return false;
    }
    return false;
  }

  /** What was read fresh is not forgotten for caches that lag behind it. */
  #afterwards(draft: Draft, cluster: number, arrivals: Arrivals, live: boolean): number[] {
    const process = draft.process(cluster);
    const { watches, sides } = this.#space;
    return WATCHES.map((place, i) => {
      const isOwn = place === OWN_SERVICES || place === OWN_NATIVES;
      const isRead = live && (isOwn || process[LISTED] === READ);
      if (!isRead) return watches.advance(process[place] as number, arrivals[i] as number);
      const side = draft.side(isOwn ? cluster : 1 - cluster);
      const kind = place === OWN_SERVICES || place === PEER_SERVICES ? SERVICES : NATIVES;
      return watches.current(sides.table.at(side, kind));
    });
  }

  /** As the reconciler: from the caches, and again from fresh reads if a write asks for it. */
  #decide(draft: Draft, cluster: number, arrivals: Arrivals, matured: boolean): Decision {
    const cached = { ...knowCached(this.#space, draft, cluster, arrivals), matured };
    const decision = this.#plans.decide(cached);
    if (!decision.live) return decision;
    const { table } = this.#space.sides;
    const [own, peer] = [draft.side(cluster), draft.side(1 - cluster)];
    if (cached.listed) this.#read = true;
    const read = cached.listed ? { peerServices: table.at(peer, SERVICES), peerNatives: table.at(peer, NATIVES) } : {};
    const fresh = this.#plans.decide({
      ...cached,
      ...read,
      services: table.at(own, SERVICES),
      natives: table.at(own, NATIVES),
    });
    return { ...fresh, live: true, ages: fresh.ages || decision.ages };
  }
}

/** All combinations, those with fewer arrivals first. */
export function arrivalsUpTo(lags: readonly number[]): readonly Arrivals[] {
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
