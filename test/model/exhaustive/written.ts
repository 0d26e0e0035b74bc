/** The writes of one step of a sync process, one after the other, as what judges them needs to know them. */
import { Draft } from "./draft.ts";
import type { Judge } from "./judge.ts";
import { Pairs } from "./pairs.ts";
import type { Sides } from "./sides.ts";
import { TupleTable } from "./tuples.ts";

interface Written {
  /** The cluster's side before it. */
  before: number;
  cluster: number;
  /** By number. */
  write: number;
  /** Pods, or people, have changed since what its pass was planned from. */
  overtaken: boolean;
}

/** All writes of one step after the other, by number; 0 is none. */
export class WrittenTable {
  readonly #sides: Sides;
  /** The writes before, cluster and side before it, the side after it, the write and whether it was overtaken. */
  readonly #table = new TupleTable(4);
  /** By number and the other cluster's side: 0 if nothing was broken. */
  readonly #judged = new Pairs();
  readonly #draft = new Draft();

  constructor(sides: Sides) {
    this.#sides = sides;
    this.#table.intern([0, 0, 0, 0]);
  }

  /** Adds to the writes of the step that led to this draft. */
  note(after: Draft, { before, cluster, write, overtaken }: Written): void {
    after.writes = this.#table.intern([
      after.writes,
      before * 2 + cluster,
      after.side(cluster),
      write * 2 + Number(overtaken),
    ]);
  }

  /** Judges each of the writes, made while the other cluster is this `side`. Throws a `Violation`. */
  judge(writes: number, side: number, judge: Judge): void {
    if (writes === 0 || this.#judged.get(writes, side) === 0) return;
    this.judge(this.#table.at(writes, 0), side, judge);
    const [who, after, write] = [1, 2, 3].map((place) => this.#table.at(writes, place)) as [number, number, number];
    const draft = this.#draft;
    const cluster = who & 1;
    draft.sides[cluster] = after;
    draft.sides[1 - cluster] = side;
    judge.judgeWrite(who >> 1, draft, cluster, this.#sides.writes.get(write >> 1), (write & 1) === 1);
    this.#judged.set(writes, side, 0);
  }
}
