/** The ways into one part of an exploration: the pod changes after which the pods are those of that part. */
import { Records } from "./records.ts";
import type { Place } from "./steps.ts";

/** Members of an entry: the walk and the state that it leads out of, and what that state becomes. */
const WALK = 0;
const FROM = 1;
const EAST = 2;
const WEST = 3;
const BUDGETS = 4;
const MEMBERS = 5;

export class Entries {
  readonly #all = new Records(MEMBERS);

  get length(): number {
    return this.#all.length;
  }

  add(walk: number, from: number, { east, west, budgets }: Place): void {
    const entry = this.#all.add();
    this.#all.set(entry, WALK, walk);
    this.#all.set(entry, FROM, from);
    this.#all.set(entry, EAST, east);
    this.#all.set(entry, WEST, west);
    this.#all.set(entry, BUDGETS, budgets);
  }

  /** The state before the change: the number of its walk, and its own in there. */
  originOf(entry: number): { walk: number; state: number } {
    return { walk: this.#all.get(entry, WALK), state: this.#all.get(entry, FROM) };
  }

  /** What there is after the change. */
  placeOf(entry: number): Place {
    return {
      east: this.#all.get(entry, EAST),
      west: this.#all.get(entry, WEST),
      budgets: this.#all.get(entry, BUDGETS),
    };
  }
}
