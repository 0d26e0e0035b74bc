/** Tuples of integers, each stored once: what makes states small and comparing them a matter of one number. */

/** A growing table of distinct tuples of one width, numbered from 0 in the order they came. */
export class TupleTable {
  readonly width: number;
  #size = 0;
  #data: Int32Array<ArrayBuffer>;
  /** Open addressing: number + 1 of the tuple, 0 for free. */
  #slots: Int32Array<ArrayBuffer>;

  constructor(width: number) {
    this.width = width;
    this.#data = new Int32Array(width * 1024);
    this.#slots = new Int32Array(4096);
  }

  get size(): number {
    return this.#size;
  }

  /** The number of a tuple, new or old. */
  intern(tuple: ArrayLike<number>): number {
    const { width } = this;
    const mask = this.#slots.length - 1;
    let slot = hash(tuple, width) & mask;
    for (;;) {
      const found = this.#slots[slot] as number;
      if (found === 0) break;
      if (this.#holds(found - 1, tuple)) return found - 1;
      slot = (slot + 1) & mask;
    }
    const id = this.#size++;
    if ((id + 1) * width > this.#data.length) this.#data = enlarged(this.#data);
    for (let i = 0; i < width; i++) this.#data[id * width + i] = tuple[i] as number;
    this.#slots[slot] = id + 1;
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    return id;
  }

  /** One member of a tuple. */
  at(id: number, index: number): number {
    return this.#data[id * this.width + index] as number;
  }

  /** Copies a tuple out. */
  read(id: number, into: Int32Array): void {
    const start = id * this.width;
    for (let i = 0; i < this.width; i++) into[i] = this.#data[start + i] as number;
  }

  #holds(id: number, tuple: ArrayLike<number>): boolean {
    const start = id * this.width;
    for (let i = 0; i < this.width; i++) if (this.#data[start + i] !== tuple[i]) return false;
    return true;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    const tuple = new Int32Array(this.width);
    for (let id = 0; id < this.#size; id++) {
      this.read(id, tuple);
      let slot = hash(tuple, this.width) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id + 1;
    }
    this.#slots = slots;
  }
}

/** What was worked out for a tuple, remembered. */
export class Memory<V> {
  readonly #keys: TupleTable;
  readonly #values: V[] = [];

  constructor(width: number) {
    this.#keys = new TupleTable(width);
  }

  /** The value for this key; `make` is asked for it once, and may not use this memory itself. */
  of(key: readonly number[], make: () => V): V {
    const id = this.#keys.intern(key);
    if (id === this.#values.length) this.#values.push(make());
    return this.#values[id] as V;
  }
}

/** A list of integers that grows. */
export class Numbers {
  #data = new Int32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#data.length) this.#data = enlarged(this.#data);
    this.#data[this.length++] = value;
  }

  at(index: number): number {
    return this.#data[index] as number;
  }

  set(index: number, value: number): void {
    this.#data[index] = value;
  }
}

function enlarged(data: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(data.length * 2);
  larger.set(data);
  return larger;
}

function hash(tuple: ArrayLike<number>, width: number): number {
  let h = 0x9e3779b9 | 0;
  for (let i = 0; i < width; i++) {
    h = Math.imul(h ^ (tuple[i] as number), 0x85ebca6b);
    h ^= h >>> 15;
    h = Math.imul(h, 0xc2b2ae35);
    h ^= h >>> 13;
  }
  return h >>> 0;
}
