/** A state of two clusters and their sync processes, and how it is written down as six numbers. */
import { Sides } from "./sides.ts";
import { Memory, TupleTable } from "./tuples.ts";
import { MAX_LAG, Watches } from "./watches.ts";

/** Places in a process's tuple: four watches, whether the peer's lists are complete, the rest of a pass under way, that of an ex-leader. */
export const OWN_SERVICES = 0;
export const OWN_NATIVES = 1;
export const PEER_SERVICES = 2;
export const PEER_NATIVES = 3;
export const LISTED = 4;
export const PENDING = 5;
export const STALE = 6;
/** 1: since the pass was planned, pods, or people, have taken away what its judgement rested on. */
export const OVERTAKEN = 7;
const PROCESS_WIDTH = 8;

/** The peer is read. */
export const READ = 1;
/** The connection to the peer is cut; what was known stays. */
export const CUT = 0;
/** Restarted, and the peer's first lists are still to come. */
export const STARTING = 2;

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
}

/** What somebody does to one cluster's objects. */
export interface Change {
  /** The side afterwards. */
  side: number;
  what: string;
}

/** One state, opened for reading and changing. */
export class Draft {
  readonly sides = new Int32Array(2);
  readonly processes = [new Int32Array(PROCESS_WIDTH), new Int32Array(PROCESS_WIDTH)] as const;
  /** Seconds, moved by commands alone: every declaration has a rank of its own. */
  clock = 0;
  commands = 0;
  podChanges = 0;
  faults = 0;
  events = 0;
  /** Commands and pod changes since everything was quiet; 0 where nobody asks. */
  racing = 0;

  /** Becomes a copy of another one. */
  set(other: Draft): this {
    this.sides.set(other.sides);
    this.processes[0].set(other.processes[0]);
    this.processes[1].set(other.processes[1]);
    this.clock = other.clock;
    this.commands = other.commands;
    this.podChanges = other.podChanges;
    this.faults = other.faults;
    this.events = other.events;
    this.racing = other.racing;
    return this;
  }

  /** One event less may still happen; those of a kind that cannot happen any more are all the same. */
  charge(kind: "commands" | "podChanges" | "faults"): void {
    this[kind] -= 1;
    this.events -= 1;
    this.commands = Math.min(this.commands, this.events);
    this.podChanges = Math.min(this.podChanges, this.events);
    this.faults = Math.min(this.faults, this.events);
    if (kind !== "faults") this.racing += 1;
    if (this.commands + this.podChanges === 0) this.racing = 0;
  }

  process(cluster: number): Int32Array {
    return this.processes[cluster] as Int32Array;
  }

  side(cluster: number): number {
    return this.sides[cluster] as number;
  }
}

/** All tables of one exploration. */
export class Space {
  readonly names: readonly string[];
  readonly sides: Sides;
  readonly watches: Watches;
  /** A pass under way: the next write, and the pass after it; number 0 is none. */
  readonly passes = new TupleTable(2);
  readonly states = new TupleTable(5);
  /** What people may do, worked out once: pods by side, declarations by side, mode and advice, faults by side. */
  readonly podChanges = new Memory<readonly Change[]>(2);
  readonly declared = new Memory<number | undefined>(3);
  readonly deletions = new Memory<readonly Change[]>(1);
  readonly applied = new Memory<number | undefined>(2);
  readonly #processes = new TupleTable(PROCESS_WIDTH);
  readonly #tuple = new Int32Array(5);
  readonly #racing: number | undefined;
  readonly #kinds: ReadonlySet<FaultKind> | undefined;

  constructor(names: readonly string[], bound: Bound) {
    this.names = names;
    this.sides = new Sides(names);
    this.watches = new Watches(Math.min(bound.lag, MAX_LAG));
    this.#racing = bound.racing;
    this.#kinds = bound.kinds && new Set(bound.kinds);
    this.passes.intern([0, 0]);
  }

  /** Whether people may act now. */
  mayRace({ racing }: Draft): boolean {
    return this.#racing === undefined || racing < this.#racing;
  }

  mayFail(kind: FaultKind): boolean {
    return this.#kinds === undefined || this.#kinds.has(kind);
  }

  /** The state's number. */
  intern(draft: Draft): number {
    const tuple = this.#tuple;
    tuple[0] = draft.side(0);
    tuple[1] = draft.side(1);
    tuple[2] = this.#processes.intern(draft.processes[0]);
    tuple[3] = this.#processes.intern(draft.processes[1]);
    tuple[4] =
      draft.clock |
      (draft.commands << 8) |
      (draft.podChanges << 12) |
      (draft.faults << 16) |
      (draft.events << 20) |
      ((this.#racing === undefined ? 0 : draft.racing) << 24);
    return this.states.intern(tuple);
  }

  open(state: number, into: Draft): void {
    const tuple = this.#tuple;
    this.states.read(state, tuple);
    into.sides[0] = tuple[0] as number;
    into.sides[1] = tuple[1] as number;
    this.#processes.read(tuple[2] as number, into.processes[0]);
    this.#processes.read(tuple[3] as number, into.processes[1]);
    const rest = tuple[4] as number;
    into.clock = rest & 255;
    into.commands = (rest >> 8) & 15;
    into.podChanges = (rest >> 12) & 15;
    into.faults = (rest >> 16) & 15;
    into.events = (rest >> 20) & 15;
    into.racing = (rest >> 24) & 15;
  }

  /** The pass that makes `writes` in order. */
  pass(writes: readonly number[]): number {
    return writes.reduceRight((rest, write) => this.passes.intern([write, rest]), 0);
  }
}
