/** What a migration is asked to do. */
import type { ServiceKey } from "../../shared/protocol/snapshot.ts";
import type { Selector } from "../../shared/selector.ts";

/** `union`: both clusters serve for a while; `cutover`: the old one hands over once the new one is ready. */
export type Strategy = "union" | "cutover";

/** A move, with clusters by their names among the peers. */
export interface Move {
  key: ServiceKey;
  from: string;
  to: string;
  strategy: Strategy;
  /** Selector to set in `to`; absent: the one known there. */
  selector?: Selector;
  /** `3` or `50%`: endpoints that must be ready in `to`. */
  minReady: string;
  /** Consent to take along a Service of `to` that takes no part yet. */
  adopt: boolean;
}

/** The parts of a move, in order. */
export type StepName =
  /** Tell `to` its selector and how many endpoints it needs. */
  | "prepare"
  /** Set the mode in `from`. */
  | "declare"
  /** Wait until both publish everybody's pods. */
  | "unite"
  /** Set mode `source` in `to`. */
  | "source"
  /** Wait until only the pods of `to` are left. */
  | "drain"
  /** Wait until nothing has changed for a while. */
  | "settle";

/** The steps of a strategy. */
export function stepsOf(strategy: Strategy): readonly StepName[] {
  return strategy === "union"
    ? ["prepare", "declare", "unite", "source", "drain", "settle"]
    : ["prepare", "declare", "drain", "settle"];
}
