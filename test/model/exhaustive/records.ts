/** A growing list of records, each of the same number of integers, side by side in memory. */
export class Records {
  readonly #width: number;
  #data: Int32Array<ArrayBuffer>;
  length = 0;

  constructor(width: number) {
    this.#width = width;
    this.#data = new Int32Array(width * 1024);
  }

  /** Adds a record of zeros and returns its number. */
  add(): number {
    const id = this.length++;
    if (this.length * this.#width > this.#data.length) {
      const larger = new Int32Array(this.#data.length * 2);
      larger.set(this.#data);
      this.#data = larger;
    }
    return id;
  }

  get(record: number, member: number): number {
    return this.#data[record * this.#width + member] as number;
  }

  set(record: number, member: number, value: number): void {
    this.#data[record * this.#width + member] = value;
  }
}
