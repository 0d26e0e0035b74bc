/** A state of two clusters and their sync processes, opened for reading and changing. */

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
export const PROCESS_WIDTH = 8;

/** The peer is read. */
export const READ = 1;
/** The connection to the peer is cut; what was known stays. */
export const CUT = 0;
/** Restarted, and the peer's first lists are still to come. */
export const STARTING = 2;

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
  /** What the other cluster's process will hear of the step under way, see `News`. */
  news = 0;
  /** The writes of the step under way, see `Judge`. */
  writes = 0;

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
    this.news = other.news;
    this.writes = other.writes;
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
