/** What is known of one kind of object in one cluster. */

import type { KubeObject } from "./objects.ts";

/** `namespace/name`; `name` alone for kinds without namespaces. */
export function keyOf(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The index values an object is found under; none leaves it out. Must depend on the object alone. */
export type IndexFunction<T> = (object: T) => readonly string[];

/** What readers may do. Objects are shared: they must not be changed. */
export interface StoreView<T> {
  readonly size: number;
  get(key: string): T | undefined;
  has(key: string): boolean;
  keys(): IterableIterator<string>;
  values(): IterableIterator<T>;
  /** Objects whose index function gave `value`, in no order. Throws a TypeError on an index that was not declared. */
  by(index: string, value: string): T[];
}

/** Objects by key and by any number of named indexes. */
export class Store<T extends KubeObject> implements StoreView<T> {
  readonly #objects = new Map<string, T>();
  readonly #functions: ReadonlyMap<string, IndexFunction<T>>;
  /** Index name, index value, keys. Never holds an empty set. */
  readonly #indexes = new Map<string, Map<string, Set<string>>>();

  constructor(indexes: Readonly<Record<string, IndexFunction<T>>> = {}) {
    this.#functions = new Map(Object.entries(indexes));
    for (const name of this.#functions.keys()) this.#indexes.set(name, new Map());
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  has(key: string): boolean {
    return this.#objects.has(key);
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  by(index: string, value: string): T[] {
    const entries = this.#indexes.get(index);
    if (!entries) throw new TypeError(`no index "${index}", only: ${[...this.#indexes.keys()].join(", ") || "none"}`);
    const found: T[] = [];
    const keys = entries.get(value);
    if (!keys) return found;
    for (const key of keys) {
      const object = this.#objects.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  /** Adds the object, or replaces the one with the same key. */
  set(object: T): void {
    const key = keyOf(object);
    this.delete(key);
    this.#objects.set(key, object);
    this.#eachEntry(object, (entries, value) => {
      const keys = entries.get(value) ?? new Set();
      entries.set(value, keys.add(key));
    });
  }

  /** Forgets the object; false if there was none. */
  delete(key: string): boolean {
    const object = this.#objects.get(key);
    if (object === undefined) return false;
    this.#objects.delete(key);
    this.#eachEntry(object, (entries, value) => {
      const keys = entries.get(value);
      if (keys?.delete(key) && keys.size === 0) entries.delete(value);
    });
    return true;
  }

  #eachEntry(object: T, visit: (entries: Map<string, Set<string>>, value: string) => void): void {
    for (const [name, valuesOf] of this.#functions) {
      const entries = this.#indexes.get(name);
      if (entries) for (const value of valuesOf(object)) visit(entries, value);
    }
  }
}
