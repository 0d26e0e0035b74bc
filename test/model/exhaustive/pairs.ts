/** Pairs of numbers, each with a number of its own: what is asked millions of times. */

const WIDTH = 3;

/** A map from two integers from 0 to one that is not -1, all side by side in memory. */
export class Pairs {
  #size = 0;
  /** Open addressing: first + 1 (0 for free), second, value. */
  #slots = new Int32Array(WIDTH * 4096);
  #mask = 4095;

  get size(): number {
    return this.#size;
  }

  /** The value of a pair, -1 if it has none. */
  get(first: number, second: number): number {
    const slots = this.#slots;
    for (let slot = hash(first, second) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = slot * WIDTH;
      const found = slots[at];
      if (found === 0) return -1;
      if (found === first + 1 && slots[at + 1] === second) return slots[at + 2] as number;
    }
  }

  /** Gives a pair that has none its value. */
  set(first: number, second: number, value: number): void {
    this.#size += 1;
    if (this.#size * 3 > (this.#mask + 1) * 2) this.#enlarge();
    this.#put(first, second, value);
  }

  #put(first: number, second: number, value: number): void {
    let slot = hash(first, second) & this.#mask;
    while (this.#slots[slot * WIDTH] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot * WIDTH] = first + 1;
    this.#slots[slot * WIDTH + 1] = second;
    this.#slots[slot * WIDTH + 2] = value;
  }

  #enlarge(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#mask = this.#mask * 2 + 1;
    for (let at = 0; at < old.length; at += WIDTH) {
      if (old[at] !== 0) this.#put((old[at] as number) - 1, old[at + 1] as number, old[at + 2] as number);
    }
  }
}

function hash(first: number, second: number): number {
  let h = Math.imul(first ^ 0x9e3779b9, 0x85ebca6b) ^ second;
  h ^= h >>> 15;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 13;
  h = Math.imul(h, 0x27d4eb2f);
  return h ^ (h >>> 16);
}
