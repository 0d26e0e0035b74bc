/** What was worked out for an object, kept as long as the object lives and is among the most recent ones. */
export class Recent<K extends object, V> {
  readonly #limit: number;
  #young = new WeakMap<K, V>();
  #old = new WeakMap<K, V>();
  #count = 0;

  /** At least the last `limit` entries that were set or asked for are kept, at most twice as many. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What was kept; undefined if there is nothing, or not any more. */
  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  /** Keeps a value, which must not be undefined. */
  set(key: K, value: V): void {
    if (!this.#young.has(key)) this.#count += 1;
    if (this.#count > this.#limit) {
      this.#old = this.#young;
      this.#young = new WeakMap();
      this.#count = 1;
    }
    this.#young.set(key, value);
  }
}
