/** All that one exploration knows by number, and how far it goes. */
import type { Mode } from "../../../shared/mode.ts";
import { News } from "./news.ts";
import { Shown } from "./shown.ts";
import { Sides } from "./sides.ts";
import { Memory, TupleTable } from "./tuples.ts";
import { MAX_LAG, Watches } from "./watches.ts";
import { WrittenTable } from "./written.ts";

export type FaultKind =
  | "crash"
  | "former leader"
  | "cut east"
  | "cut west"
  | "cut both"
  | "deletion"
  | "manifest"
  | "late controller";

/** How often things may still happen. */
export interface Bound {
  commands: number;
  podChanges: number;
  /** Crashes, cuts, ex-leaders, manifests applied again, objects deleted by hand. */
  faults: number;
  /** All of these together. */
  events: number;
  /** Versions a watch may be behind. */
  lag: number;
  /** Commands and pod changes that may happen before everything is quiet again, but for a cut connection. Default: all. */
  racing?: number;
  /** The faults there are; default all. */
  kinds?: readonly FaultKind[];
  /** Which command is the first one if there is any: its cluster and the mode declared, undefined for none. Default: all. */
  firstCommand?: readonly [cluster: number, mode: Mode | undefined];
}

/** What the clock says before the first command. */
export const FIRST_SECOND = 1;

/** What somebody does to one cluster's objects. */
export interface Change {
  /** The side afterwards. */
  side: number;
  what: string;
}

/** All tables of one exploration. */
export class Space {
  readonly names: readonly string[];
  readonly sides: Sides;
  readonly shown: Shown;
  readonly watches: Watches;
  /** A pass under way: the next write, and the pass after it; number 0 is none. */
  readonly passes = new TupleTable(2);
  readonly news = new News();
  readonly written: WrittenTable;
  /** What people may do, worked out once: pods by side, what the webhook may learn by process, declarations by side, mode and advice, faults by side. */
  readonly podChanges = new Memory<readonly Change[]>(2);
  readonly advices = new Memory<readonly number[]>(6);
  readonly declared = new Memory<number | undefined>(3);
  readonly deletions = new Memory<readonly Change[]>(1);
  readonly applied = new Memory<number | undefined>(2);
  /** How many commands and pod changes may happen before everything is quiet again; undefined: all. */
  readonly racing: number | undefined;
  readonly #podChanges: number;
  readonly #firstCommand: Bound["firstCommand"];
  readonly #kinds: ReadonlySet<FaultKind> | undefined;

  constructor(names: readonly string[], bound: Bound) {
    this.names = names;
    this.sides = new Sides(names);
    this.shown = new Shown(this.sides);
    this.watches = new Watches(Math.min(bound.lag, MAX_LAG));
    this.written = new WrittenTable(this.sides);
    this.racing = bound.racing;
    this.#podChanges = bound.podChanges;
    this.#firstCommand = bound.firstCommand;
    this.#kinds = bound.kinds && new Set(bound.kinds);
    this.passes.intern([0, 0]);
  }

  /** No pod made so far has a higher number. Of two changes, one cannot make a pod and the other one take its number again. */
  podsMade(podChanges: number): number {
    return this.#podChanges <= 2 ? 1 : 1 + this.#podChanges - podChanges;
  }

  /** Whether this mode may be declared in a cluster at that time. The clock moves by commands alone. */
  mayDeclare(cluster: number, mode: Mode | undefined, clock: number): boolean {
    const first = this.#firstCommand;
    return first === undefined || clock > FIRST_SECOND || (first[0] === cluster && first[1] === mode);
  }

  mayFail(kind: FaultKind): boolean {
    return this.#kinds === undefined || this.#kinds.has(kind);
  }

  /** The pass that makes `writes` in order. */
  pass(writes: readonly number[]): number {
    return writes.reduceRight((rest, write) => this.passes.intern([write, rest]), 0);
  }
}
