/** What a migration is asked to do. */
import type { Place } from "../../shared/migration.ts";
import type { ServiceKey } from "../../shared/protocol/snapshot.ts";
import type { Selector } from "../../shared/selector.ts";

/** `union`: both clusters serve for a while; `cutover`: the old one hands over once the new one is ready. */
export type Strategy = "union" | "cutover";

/** Who drives which move: what its note says from the first write on. */
export interface Ticket {
  id: string;
  /** Milliseconds since 1970. */
  started: number;
  /** Revision of the note when the user gave their word; 0: no note yet. What is noted later was done by somebody else. */
  revision: number;
  by?: string;
  from: Place;
  to: Place;
}

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
  /** How long both shall serve before `to` serves alone, in milliseconds; only with `union`. */
  holdMs: number;
  ticket: Ticket;
}

/** The parts of a move and of its way back, in order. */
export type StepName =
  /** Note the move; tell `to` its selector and how many endpoints it needs. */
  | "prepare"
  /** Set the mode in `from`. */
  | "declare"
  /** Wait until both publish everybody's pods. */
  | "unite"
  /** Let both serve for a while. */
  | "hold"
  /** Set mode `source` in `to`. */
  | "source"
  /** Wait until only the pods of `to` are left. */
  | "drain"
  /** Wait until nothing has changed for a while. */
  | "settle"
  /** Note in both clusters that the move is rolled back, or given up. */
  | "claim"
  /** Set mode `source` in `from`. */
  | "takeBack"
  /** Wait until only the pods of `from` are left, and `to` follows as before. */
  | "return"
  /** Set the mode `from` had. */
  | "restoreMode"
  /** Put back all other annotations, and take the note away. */
  | "restore";

/** The steps of a strategy. */
export function stepsOf({ strategy, holdMs }: Pick<Move, "strategy" | "holdMs">): readonly StepName[] {
  if (strategy === "cutover") return ["prepare", "declare", "drain", "settle"];
  const hold = holdMs > 0 ? (["hold"] as const) : [];
  return ["prepare", "declare", "unite", ...hold, "source", "drain", "settle"];
}
