/** A move with everything it needs to be approved and carried out. */
import type { Session } from "../clusters/session.ts";
import type { Facts } from "./facts.ts";
import type { Move } from "./move.ts";
import type { MigrateOptions } from "./request.ts";

export interface Undertaking {
  move: Move;
  options: MigrateOptions;
  /** `from`, `to`, then further clusters. */
  sessions: readonly Session[];
  facts: Facts;
}
