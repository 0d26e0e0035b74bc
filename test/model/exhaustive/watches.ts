/** What a process has seen of one kind of object in one cluster, and what is still on its way to it. */
import type { KubeObject } from "../../../shared/kube/objects.ts";
import type { Collections } from "./objects.ts";
import { TupleTable } from "./tuples.ts";

/** A watch that is further behind than this catches up by itself: the bound of the exploration. */
export const MAX_LAG = 2;

/** Watches by number: the set seen, and up to two later sets in the order they came to be. */
export class Watches {
  readonly #table = new TupleTable(2 + MAX_LAG);
  readonly #lag: number;

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

  /** There is a new version. */
  push(watch: number, set: number): number {
    const versions = this.#versions(watch);
    return versions.at(-1) === set ? watch : this.#make([...versions, set]);
  }

  /** The watching process wrote `object` itself, or deleted it: it knows that whatever the watch shows. */
  overlay(watch: number, sets: Collections, name: string, object: KubeObject | undefined): number {
    return this.#make(this.#versions(watch).map((set) => (object ? sets.with(set, object) : sets.without(set, name))));
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
