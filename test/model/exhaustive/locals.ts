/** Everything of one cluster in a state: its objects and its sync process. */
import { type Draft, LISTED, OVERTAKEN, PENDING, PROCESS_WIDTH, READ, STALE } from "./draft.ts";
import { Numbers, TupleTable } from "./tuples.ts";

const WATCHES = 4;

/** Halves of states by number. What is asked often of one is worked out once. */
export class Locals {
  readonly #table = new TupleTable(1 + PROCESS_WIDTH);
  readonly #parts = new TupleTable(4);
  readonly #queues = new TupleTable(WATCHES);
  readonly #part = new Numbers();
  readonly #queue = new Numbers();
  readonly #tuple = new Int32Array(1 + PROCESS_WIDTH);

  get size(): number {
    return this.#table.size;
  }

  /** The number of one cluster's half. */
  intern(draft: Draft, cluster: number): number {
    const tuple = this.#tuple;
    const process = draft.process(cluster);
    tuple[0] = draft.side(cluster);
    tuple.set(process, 1);
    const id = this.#table.intern(tuple);
    if (id === this.#part.length) {
      const [listed, pending, stale] = [process[LISTED], process[PENDING], process[STALE]] as [number, number, number];
      this.#part.push(this.#parts.intern([draft.side(cluster), listed, pending, stale]));
      this.#queue.push(this.#queues.intern(process));
    }
    return id;
  }

  /** Fills in one cluster's half. */
  open(id: number, draft: Draft, cluster: number): void {
    this.#table.read(id, this.#tuple);
    draft.sides[cluster] = this.#tuple[0] as number;
    draft.process(cluster).set(this.#tuple.subarray(1));
  }

  side(id: number): number {
    return this.#table.at(id, 0);
  }

  /** What tells worlds apart, as one number: objects, connection, passes under way. */
  part(id: number): number {
    return this.#part.at(id);
  }

  /** The four watches, as one number. */
  queues(id: number): number {
    return this.#queue.at(id);
  }

  /** One of the four watches of such a number. */
  watch(queues: number, place: number): number {
    return this.#queues.at(queues, place);
  }

  isOvertaken(id: number): boolean {
    return this.#table.at(id, 1 + OVERTAKEN) !== 0;
  }

  /** How the process is connected to the other cluster: `READ`, `CUT` or `STARTING`. */
  listed(id: number): number {
    return this.#table.at(id, 1 + LISTED);
  }

  isConnected(id: number): boolean {
    return this.listed(id) === READ;
  }

  /** No pass is under way. */
  isIdle(id: number): boolean {
    return this.#table.at(id, 1 + PENDING) === 0 && this.#table.at(id, 1 + STALE) === 0;
  }
}
