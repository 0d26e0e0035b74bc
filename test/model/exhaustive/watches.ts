/** What a process has seen of one kind of object in one cluster, and what is still on its way to it. */
import type { Collections } from "./objects.ts";
import { Memory, TupleTable } from "./tuples.ts";

/** A watch that is further behind than this catches up by itself: the bound of the exploration. */
export const MAX_LAG = 2;

/** Watches by number: the set seen, and up to two later sets in the order they came to be. */
export class Watches {
  readonly #table = new TupleTable(2 + MAX_LAG);
  readonly #lag: number;
  readonly #pushed = new Memory<number>(2);
  readonly #overlaid = new Memory<number>(3);

  /** `lag`: versions a watch may be behind, at most `MAX_LAG`. */
  constructor(lag: number) {
    this.#lag = lag;
  }

  /** A watch that has seen `set` and waits for nothing. */
  current(set: number): number {
    return this.#make([set]);
  }

  /** How many versions are on their way. */
  lag(watch: number): number {
    return this.#table.at(watch, 0);
  }

  /** The set seen once `count` more versions have come. */
  seen(watch: number, count = 0): number {
    return this.#table.at(watch, 1 + count);
  }

  /** `count` versions arrive. */
  advance(watch: number, count: number): number {
    return count === 0 ? watch : this.#make(this.#versions(watch).slice(count));
  }

  /** True if `to` is what `from` will be after some more arrivals. */
  reaches(from: number, to: number): boolean {
    if (from === to) return true;
    const lag = this.lag(from);
    const rest = this.lag(to);
    if (lag < rest) return false;
    for (let i = 0; i <= rest; i++) if (this.seen(from, lag - i) !== this.seen(to, rest - i)) return false;
    return true;
  }

  /** True if the versions of `some`, seen and coming, are within those of `all`, in one piece. */
  contains(all: number, some: number): boolean {
    if (all === some) return true;
    for (let skipped = 0; skipped + this.lag(some) <= this.lag(all); skipped++) {
      let same = true;
      for (let i = 0; i <= this.lag(some); i++) same &&= this.seen(all, skipped + i) === this.seen(some, i);
      if (same) return true;
    }
    return false;
  }

  /** There is a new version. */
  push(watch: number, set: number): number {
    return this.#pushed.of([watch, set], () => {
      const versions = this.#versions(watch);
      return versions.at(-1) === set ? watch : this.#make([...versions, set]);
    });
  }

  /**
   * The watching process wrote the object of this name itself, or deleted it, and it is in `set` as it is now: the process knows
   * that whatever the watch shows.
   */
  overlay(watch: number, sets: Collections, name: string, set: number): number {
    return this.#overlaid.of([watch, set, sets.nameNumber(name)], () => {
      const object = sets.get(set).find((one) => one.metadata.name === name);
      return this.#make(
        this.#versions(watch).map((seen) => (object ? sets.with(seen, object) : sets.without(seen, name))),
      );
    });
  }

  #versions(watch: number): number[] {
    const count = this.lag(watch);
    return Array.from({ length: count + 1 }, (_, i) => this.seen(watch, i));
  }

  #make(versions: readonly number[]): number {
    const distinct = versions.filter((set, i) => i === 0 || set !== versions[i - 1]);
    const kept = distinct.slice(-1 - this.#lag);
    return this.#table.intern([kept.length - 1, ...kept, ...Array(MAX_LAG + 1 - kept.length).fill(0)]);
  }
}
