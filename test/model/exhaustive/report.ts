/** What an exploration is asked for, and what it tells. */
import type { Draft } from "./draft.ts";
import type { Decide, Plans } from "./plans.ts";
import type { Start } from "./starts.ts";
import type { Bound, Space } from "./state.ts";

export interface Finding {
  what: string;
  /** One line a step, from the start. */
  story: string[];
}

export interface Report {
  states: number;
  /** Objects, passes under way and clock, whatever the watches have still to bring and whatever may still happen. */
  worlds: number;
  transitions: number;
  /** Steps of the longest way that was followed. */
  depth: number;
  /** Worlds in which nothing is left to do. */
  rests: number;
  /** Distinct snapshots the core was asked about. */
  plans: number;
  writes: ReadonlyMap<string, number>;
  holds: ReadonlyMap<string, number>;
  finding: Finding | undefined;
}

export interface Options {
  start: Start;
  bound: Bound;
  decide?: Decide;
  /** Leave nothing out because something else covers it. Default: only with `accept`, which may count what has happened. */
  whole?: boolean;
  /** What people, pods and faults do, in words, and the state before it: only what is accepted happens. Default: everything. */
  accept?: (what: string, before: Draft) => boolean;
  /** Shown every world in which nothing is left to do. The draft is reused. */
  onRest?: (draft: Draft, space: Space, plans: Plans) => void;
  /** States are looked at for each set of pods on its own, and forgotten when nothing begins from them any more: takes less memory. */
  split?: boolean;
  /** Told now and then. */
  onProgress?: (progress: Progress) => void;
}

export interface Progress {
  /** States found that are in memory. */
  states: number;
  /** States still to be looked at, of those that as many events may follow. */
  frontier: number;
  /** Events that may still follow: from the bound down to 0 in each part. */
  events: number;
  /** Which part of those after as many pod changes is looked at, and how many there are; 0: before the first change. */
  part: number;
  parts: number;
}
