/** The states found: how they are written down, and which of them say nothing that another one does not say too. */
import { clockOf, isAsMuch, openBudgets, withFreshness } from "./budgets.ts";
import { CUT, type Draft, PEER_NATIVES, PEER_SERVICES } from "./draft.ts";
import type { Locals } from "./locals.ts";
import { Pairs } from "./pairs.ts";
import { Records } from "./records.ts";
import type { Place } from "./steps.ts";
import { Numbers } from "./tuples.ts";
import type { Watches } from "./watches.ts";

const WATCHES = 4;
const COVERED = -2;
/**
 * Members of a state: its halves and their watches, its budgets and world, and the state of its world that came before it, -1 for
 * none, or `COVERED`. The watches could be asked of the halves; beside the rest they cost no second look into memory.
 */
const EAST = 0;
const WEST = 1;
const EAST_QUEUES = 2;
const WEST_QUEUES = 3;
const BUDGETS = 4;
const EARLIER = 5;
const WORLD = 6;
const MEMBERS = 7;
/** Clocks are below that. */
const CLOCKS = 8;

/**
 * A world is all objects, the passes under way and the clock. The states of one world differ by what the watches have still to
 * bring, by what may still happen, and by whether a pass under way has been overtaken.
 */
export class States {
  readonly #watches: Watches;
  readonly #locals: Locals;
  /** Every state is kept, even if another one of its world covers it. */
  readonly #whole: boolean;
  #worlds = new Pairs();
  /** By world: its latest state, -1 for none. */
  readonly #latest = new Numbers();
  readonly #all = new Records(MEMBERS);

  constructor(watches: Watches, locals: Locals, whole: boolean) {
    this.#watches = watches;
    this.#locals = locals;
    this.#whole = whole;
  }

  /** States are found no more, but they can still be looked up. */
  forget(): void {
    this.#worlds = new Pairs();
  }

  /** States found, and those among them that were covered later. */
  get size(): number {
    return this.#all.length;
  }

  /** Worlds found. */
  get worlds(): number {
    return this.#latest.length;
  }

  /** The number of the state, or of one that may do all that it may. `allowed`: budgets, whatever they say of overtaken passes. */
  add(east: number, west: number, allowed: number): number {
    const budgets = this.#complete(east, west, allowed);
    const world = this.#internWorld(east, west, budgets);
    const isCut = this.#locals.listed(east) === CUT;
    const isCutToo = this.#locals.listed(west) === CUT;
    const latest = this.#latest.at(world);
    const queues = this.#locals.queues(east);
    const queuesToo = this.#locals.queues(west);
    let covers = false;
    for (let at = latest; at >= 0; at = this.#all.get(at, EARLIER)) {
      const first = this.#all.get(at, EAST_QUEUES);
      const second = this.#all.get(at, WEST_QUEUES);
      const others = this.#all.get(at, BUDGETS);
      if (isAsMuch(others, budgets)) {
        if (
          this.#whole
            ? others === budgets && first === queues && second === queuesToo
            : this.#reaches(first, queues, isCut) && this.#reaches(second, queuesToo, isCutToo)
        )
          return at;
      }
      covers ||= isAsMuch(budgets, others);
    }
    if (covers && !this.#whole) this.#dropCovered(world, east, west, budgets);
    return this.#push(world, east, west, budgets);
  }

  #push(world: number, east: number, west: number, budgets: number): number {
    const id = this.#all.add();
    this.#all.set(id, EAST, east);
    this.#all.set(id, WEST, west);
    this.#all.set(id, EAST_QUEUES, this.#locals.queues(east));
    this.#all.set(id, WEST_QUEUES, this.#locals.queues(west));
    this.#all.set(id, BUDGETS, budgets);
    this.#all.set(id, EARLIER, this.#latest.at(world));
    this.#all.set(id, WORLD, world);
    this.#latest.set(world, id);
    return id;
  }

  #dropCovered(world: number, east: number, west: number, budgets: number): void {
    const locals = this.#locals;
    const [isCut, isCutToo] = [locals.listed(east) === CUT, locals.listed(west) === CUT];
    const [queues, queuesToo] = [locals.queues(east), locals.queues(west)];
    let after = -1;
    for (let at = this.#latest.at(world); at >= 0; ) {
      const next = this.#all.get(at, EARLIER);
      const isCovered =
        isAsMuch(budgets, this.#all.get(at, BUDGETS)) &&
        this.#reaches(queues, this.#all.get(at, EAST_QUEUES), isCut) &&
        this.#reaches(queuesToo, this.#all.get(at, WEST_QUEUES), isCutToo);
      if (isCovered) {
        this.#all.set(at, EARLIER, COVERED);
        if (after < 0) this.#latest.set(world, next);
        else this.#all.set(after, EARLIER, next);
      } else after = at;
      at = next;
    }
  }

  /** With some more arrivals the first watches are the second. To a cut connection nothing is added any more: it may bring less. */
  #reaches(from: number, to: number, cut: boolean): boolean {
    if (from === to) return true;
    for (let i = 0; i < WATCHES; i++) {
      const all = this.#locals.watch(from, i);
      const some = this.#locals.watch(to, i);
      if (all === some) continue;
      const isCut = cut && (i === PEER_SERVICES || i === PEER_NATIVES);
      if (!(isCut ? this.#watches.contains(all, some) : this.#watches.reaches(all, some))) return false;
    }
    return true;
  }

  /** True if another state that was found later covers this one. */
  isCovered(id: number): boolean {
    return this.#all.get(id, EARLIER) < -1;
  }

  /** The number of the state's world, which knows nothing of watches and budgets. */
  worldOf(id: number): number {
    return this.#all.get(id, WORLD);
  }

  /** The state of a world that was found last and is not covered. */
  latestOf(world: number): number {
    return this.#latest.at(world);
  }

  /** East's half of a state. */
  eastOf(id: number): number {
    return this.#all.get(id, EAST);
  }

  /** West's half of a state. */
  westOf(id: number): number {
    return this.#all.get(id, WEST);
  }

  /** What may still happen in the state, and the clock, as one number. */
  budgetsOf(id: number): number {
    return this.#all.get(id, BUDGETS);
  }

  /** Whether halves and clock are of this world. */
  isOf(world: number, { east, west, budgets }: Place): boolean {
    return this.#findWorld(east, west, budgets) === world;
  }

  /** Whether this is the very state. */
  equals(id: number, { east, west, budgets }: Place): boolean {
    const isHere = this.#all.get(id, EAST) === east && this.#all.get(id, WEST) === west;
    return isHere && this.#all.get(id, BUDGETS) === this.#complete(east, west, budgets);
  }

  open(id: number, into: Draft): void {
    this.#locals.open(this.#all.get(id, EAST), into, 0);
    this.#locals.open(this.#all.get(id, WEST), into, 1);
    openBudgets(this.#all.get(id, BUDGETS), into);
  }

  #complete(east: number, west: number, budgets: number): number {
    return withFreshness(budgets, this.#locals.isOvertaken(east), this.#locals.isOvertaken(west));
  }

  #findWorld(east: number, west: number, budgets: number): number {
    return this.#worlds.get(this.#locals.part(east), this.#locals.part(west) * CLOCKS + clockOf(budgets));
  }

  #internWorld(east: number, west: number, budgets: number): number {
    const found = this.#findWorld(east, west, budgets);
    if (found >= 0) return found;
    const world = this.#latest.length;
    this.#worlds.set(this.#locals.part(east), this.#locals.part(west) * CLOCKS + clockOf(budgets), world);
    this.#latest.push(-1);
    return world;
  }
}
