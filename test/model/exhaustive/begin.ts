/** Which passes a process may begin: for each, how much has arrived and what it is going to write. */
import { type Draft, LISTED, OWN_NATIVES, OWN_SERVICES, PEER_NATIVES, PEER_SERVICES, READ } from "./draft.ts";
import type { Decision, Knowledge, Plans } from "./plans.ts";
import { COPIES, ENDPOINTS, NATIVES, SERVICES } from "./sides.ts";
import type { Space } from "./state.ts";

export const WATCHES = [OWN_SERVICES, OWN_NATIVES, PEER_SERVICES, PEER_NATIVES] as const;

/** How many versions each watch brings before a pass begins. */
export type Arrivals = readonly [number, number, number, number];

export interface Beginning {
  pass: number;
  /** Judged from fresh reads. */
  live: boolean;
  arrivals: Arrivals;
  /** The four watches once the pass has been planned. */
  watches: readonly number[];
  /** With all the news it would be another one, so nobody takes it for ever. */
  belated: boolean;
}

export interface Choice {
  all: readonly Beginning[];
  /** What a process that has seen everything would do: nothing, write what changes something, or write in vain. */
  caughtUp: "rests" | "works" | "toils";
  /** The peer's objects were read, beyond what the caches show. */
  read: boolean;
}

/** The passes that a process may begin in one state. */
export class Beginnings {
  readonly #space: Space;
  readonly #plans: Plans;

  constructor(space: Space, plans: Plans) {
    this.#space = space;
    this.#plans = plans;
  }

  /** What was asked for last. */
  latest: Choice | undefined;

  of(draft: Draft, cluster: number): Choice {
    const views = new Views(this.#space, this.#plans, draft, cluster);
    const process = draft.process(cluster);
    const lags = WATCHES.map((place) => this.#space.watches.lag(process[place] as number));
    const last = lags as unknown as Arrivals;
    const begun: Beginning[] = [];
    for (const arrivals of arrivalsUpTo(lags)) {
      const first = views.decide(arrivals, false);
      for (const matured of first.ages ? [false, true] : [false]) {
        const { pass, live } = views.decide(arrivals, matured);
        if (pass === 0 || begun.some((one) => one.pass === pass && isLess(one.arrivals, arrivals))) continue;
        const belated = pass !== views.decide(last, matured).pass;
        begun.push({ pass, live, arrivals, belated, watches: this.#afterwards(draft, cluster, arrivals, live) });
      }
    }
    this.latest = { all: begun, caughtUp: this.#endOf(draft, cluster, views, last), read: views.read };
    return this.latest;
  }

  #endOf(draft: Draft, cluster: number, views: Views, arrivals: Arrivals): Choice["caughtUp"] {
    let end: Choice["caughtUp"] = "rests";
    for (const matured of [false, true]) {
      const { pass, ages } = views.decide(arrivals, matured);
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
    const { watches, sides, shown } = this.#space;
    return WATCHES.map((place, i) => {
      const isOwn = place === OWN_SERVICES || place === OWN_NATIVES;
      const isRead = live && (isOwn || process[LISTED] === READ);
      if (!isRead) return watches.advance(process[place] as number, arrivals[i] as number);
      const side = draft.side(isOwn ? cluster : 1 - cluster);
      const isServices = place === OWN_SERVICES || place === PEER_SERVICES;
      const set = sides.table.at(side, isServices ? SERVICES : NATIVES);
      if (isOwn) return watches.current(set);
      return watches.current(isServices ? shown.services(set) : shown.natives(set));
    });
  }
}

/** What a process may know in one state, and what it decides. */
class Views {
  readonly #space: Space;
  readonly #plans: Plans;
  readonly #draft: Draft;
  readonly #cluster: number;
  /** By arrivals of the own and of the peer's watches: the number of what they show; 0 until it is asked for. */
  readonly #own = new Int32Array(9);
  readonly #peer = new Int32Array(9);
  readonly #fresh: (Decision | undefined)[] = [];
  read = false;

  constructor(space: Space, plans: Plans, draft: Draft, cluster: number) {
    this.#space = space;
    this.#plans = plans;
    this.#draft = draft;
    this.#cluster = cluster;
  }

  /** As the reconciler: from the caches, and again from fresh reads if a write asks for it. */
  decide(arrivals: Arrivals, matured: boolean): Decision {
    const [i, j] = [arrivals[0] * 3 + arrivals[1], arrivals[2] * 3 + arrivals[3]];
    if (this.#own[i] === 0 || this.#peer[j] === 0) this.#see(arrivals, i, j);
    const decision = this.#plans.decide(this.#own[i] as number, this.#peer[j] as number, matured);
    if (!decision.live) return decision;
    const fresh = this.#decideFresh(arrivals, matured);
    return { pass: fresh.pass, live: true, ages: fresh.ages || decision.ages };
  }

  #see(arrivals: Arrivals, own: number, peer: number): void {
    const knowledge = knowCached(this.#space, this.#draft, this.#cluster, arrivals);
    this.#own[own] = this.#plans.ownView(knowledge);
    this.#peer[peer] = this.#plans.peerView(knowledge);
  }

  /** Of a peer that cannot be read, what has arrived is all that is known. */
  #decideFresh(arrivals: Arrivals, matured: boolean): Decision {
    const isListed = this.#draft.process(this.#cluster)[LISTED] === READ;
    const known = isListed ? this.#fresh[Number(matured)] : undefined;
    if (known) return known;
    const { shown } = this.#space;
    const { table } = this.#space.sides;
    const [own, peer] = [this.#draft.side(this.#cluster), this.#draft.side(1 - this.#cluster)];
    const cached = knowCached(this.#space, this.#draft, this.#cluster, arrivals);
    if (isListed) this.read = true;
    const peerServices = shown.services(table.at(peer, SERVICES));
    const peerNatives = shown.natives(table.at(peer, NATIVES));
    const read = isListed ? { peerServices, peerNatives } : {};
    const knowledge = { ...cached, ...read, services: table.at(own, SERVICES), natives: table.at(own, NATIVES) };
    const decision = this.#plans.decide(this.#plans.ownView(knowledge), this.#plans.peerView(knowledge), matured);
    this.#fresh[Number(matured)] = decision;
    return decision;
  }
}

/** All combinations, those with fewer arrivals first. */
export function arrivalsUpTo(lags: readonly number[]): readonly Arrivals[] {
  const key = lags.reduce((sum, lag) => sum * 4 + lag, 0);
  const known = COMBINATIONS.get(key);
  if (known) return known;
  let all: number[][] = [[]];
  for (const lag of lags) all = all.flatMap((one) => Array.from({ length: lag + 1 }, (_, i) => [...one, i]));
  const total = (one: number[]) => one.reduce((sum, count) => sum + count, 0);
  const sorted = all.sort((a, b) => total(a) - total(b)) as unknown as Arrivals[];
  COMBINATIONS.set(key, sorted);
  return sorted;
}

const COMBINATIONS = new Map<number, readonly Arrivals[]>();

function isLess(a: Arrivals, b: Arrivals): boolean {
  return a[0] <= b[0] && a[1] <= b[1] && a[2] <= b[2] && a[3] <= b[3];
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
    clock: draft.clock,
  };
}
