/** The states found: how they are written down, and which of them say nothing that another one does not say too. */
import { CUT, type Draft, LISTED, OVERTAKEN, PEER_NATIVES, PEER_SERVICES, PENDING, STALE } from "./draft.ts";
import { Numbers, TupleTable } from "./tuples.ts";
import type { Watches } from "./watches.ts";

/** Members of a process's tuple that tell worlds apart; the four watches are kept beside. */
const CORE = [LISTED, PENDING, STALE] as const;
const WATCHES = 4;

const COVERED = -2;

/** Four bits for each budget, the highest of which stays free for comparing all at once. */
const GUARDS = 0x08888888;

/**
 * A world is all objects, the passes under way and the clock. The states of one world differ by what the watches have still to
 * bring, by what may still happen, and by whether a pass under way has been overtaken.
 */
export class States {
  readonly #watches: Watches;
  /** Every state is kept, even if another one of its world covers it. */
  readonly #whole: boolean;
  readonly #worlds = new TupleTable(5);
  readonly #cores = new TupleTable(CORE.length);
  readonly #queues = new TupleTable(WATCHES);
  /** By world: its latest state, -1 for none. */
  readonly #latest = new Numbers();
  /** By state: the one of its world that came before it, -1 for none, or `COVERED`. */
  readonly #earlier = new Numbers();
  readonly #world = new Numbers();
  readonly #east = new Numbers();
  readonly #west = new Numbers();
  readonly #budgets = new Numbers();
  /** Whose connections are cut in the world that is being added to. */
  readonly #isCut: [boolean, boolean] = [false, false];
  readonly #key = new Int32Array(5);
  readonly #process = new Int32Array(8);

  constructor(watches: Watches, whole: boolean) {
    this.#watches = watches;
    this.#whole = whole;
  }

  /** States found, and those among them that were covered later. */
  get size(): number {
    return this.#world.length;
  }

  /** Worlds found. */
  get worlds(): number {
    return this.#worlds.size;
  }

  /** The number of the state, or of one that may do all that it may. */
  add(draft: Draft): number {
    const world = this.#worlds.intern(this.#encode(draft));
    if (world === this.#latest.length) this.#latest.push(-1);
    const [east, west] = [this.#queuesOf(draft, 0), this.#queuesOf(draft, 1)];
    const budgets = budgetsOf(draft);
    for (const i of [0, 1] as const) this.#isCut[i] = draft.process(i)[LISTED] === CUT;
    let last = -1;
    for (let at = this.#latest.at(world); at >= 0; at = this.#earlier.at(at)) {
      if (this.#covers(this.#east.at(at), this.#west.at(at), this.#budgets.at(at), east, west, budgets)) return at;
      last = at;
    }
    if (last >= 0 && !this.#whole) this.#dropCovered(world, east, west, budgets);
    this.#earlier.push(this.#latest.at(world));
    const id = this.#world.length;
    this.#latest.set(world, id);
    this.#world.push(world);
    this.#east.push(east);
    this.#west.push(west);
    this.#budgets.push(budgets);
    return id;
  }

  #dropCovered(world: number, east: number, west: number, budgets: number): void {
    let after = -1;
    for (let at = this.#latest.at(world); at >= 0; ) {
      const next = this.#earlier.at(at);
      if (this.#covers(east, west, budgets, this.#east.at(at), this.#west.at(at), this.#budgets.at(at))) {
        this.#earlier.set(at, COVERED);
        if (after < 0) this.#latest.set(world, next);
        else this.#earlier.set(after, next);
      } else after = at;
      at = next;
    }
  }

  /** The first one may do all that the second one may. */
  #covers(east: number, west: number, budgets: number, ofEast: number, ofWest: number, of: number): boolean {
    if (this.#whole) return east === ofEast && west === ofWest && budgets === of;
    if ((((budgets | GUARDS) - of) & GUARDS) !== GUARDS) return false;
    return this.#reaches(east, ofEast, this.#isCut[0]) && this.#reaches(west, ofWest, this.#isCut[1]);
  }

  /** With some more arrivals the first watches are the second. To a cut connection nothing is added any more: it may bring less. */
  #reaches(from: number, to: number, cut: boolean): boolean {
    if (from === to) return true;
    for (let i = 0; i < WATCHES; i++) {
      const [all, some] = [this.#queues.at(from, i), this.#queues.at(to, i)];
      const isCut = cut && (i === PEER_SERVICES || i === PEER_NATIVES);
      if (!(isCut ? this.#watches.contains(all, some) : this.#watches.reaches(all, some))) return false;
    }
    return true;
  }

  /** True if another state that was found later covers this one. */
  isCovered(id: number): boolean {
    return this.#earlier.at(id) < -1;
  }

  /** The number of the state's world, which knows nothing of watches and budgets. */
  worldOf(id: number): number {
    return this.#world.at(id);
  }

  /** The state of a world that was found last and is not covered. */
  latestOf(world: number): number {
    return this.#latest.at(world);
  }

  /** Whether the draft is of this world. */
  isOf(world: number, draft: Draft): boolean {
    return this.#worlds.intern(this.#encode(draft)) === world;
  }

  /** What may still happen in the state, as one number. */
  budgetsOf(id: number): number {
    return this.#budgets.at(id);
  }

  /** Whether the draft is this very state. */
  equals(id: number, draft: Draft): boolean {
    return (
      this.isOf(this.#world.at(id), draft) &&
      this.#east.at(id) === this.#queuesOf(draft, 0) &&
      this.#west.at(id) === this.#queuesOf(draft, 1) &&
      this.#budgets.at(id) === budgetsOf(draft)
    );
  }

  open(id: number, into: Draft): void {
    const key = this.#key;
    this.#worlds.read(this.#world.at(id), key);
    into.sides[0] = key[0] as number;
    into.sides[1] = key[1] as number;
    into.clock = key[4] as number;
    const budgets = this.#budgets.at(id);
    for (const [i, queues] of [this.#east.at(id), this.#west.at(id)].entries()) {
      const process = into.process(i);
      this.#queues.read(queues, process);
      for (const [j, place] of CORE.entries()) process[place] = this.#cores.at(key[2 + i] as number, j);
      process[OVERTAKEN] = 1 - ((budgets >> (20 + 4 * i)) & 7);
    }
    into.commands = budgets & 7;
    into.podChanges = (budgets >> 4) & 7;
    into.faults = (budgets >> 8) & 7;
    into.events = (budgets >> 12) & 7;
    into.racing = 7 - ((budgets >> 16) & 7);
  }

  #encode(draft: Draft): Int32Array {
    const key = this.#key;
    key[0] = draft.side(0);
    key[1] = draft.side(1);
    key[2] = this.#coreOf(draft, 0);
    key[3] = this.#coreOf(draft, 1);
    key[4] = draft.clock;
    return key;
  }

  #coreOf(draft: Draft, cluster: number): number {
    const process = draft.process(cluster);
    for (const [i, place] of CORE.entries()) this.#process[i] = process[place] as number;
    return this.#cores.intern(this.#process);
  }

  #queuesOf(draft: Draft, cluster: number): number {
    return this.#queues.intern(draft.process(cluster));
  }
}

/** More of each is worth more: what may still happen, and passes that have not been overtaken, which are judged. */
function budgetsOf({ commands, podChanges, faults, events, racing, processes }: Draft): number {
  const [fresh, freshToo] = [1 - (processes[0][OVERTAKEN] as number), 1 - (processes[1][OVERTAKEN] as number)];
  return (
    commands |
    (podChanges << 4) |
    (faults << 8) |
    (events << 12) |
    ((7 - racing) << 16) |
    (fresh << 20) |
    (freshToo << 24)
  );
}
