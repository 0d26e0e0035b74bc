/** Something to be driven, with all that is said about it: a move, its way back, or its end. */
import type { ServiceKey } from "../../shared/protocol/snapshot.ts";
import type { Session } from "../clusters/session.ts";
import type { DriveOptions } from "./options.ts";
import type { PlannedStep } from "./plan.ts";
import type { Drive } from "./run.ts";
import type { Situation } from "./situation.ts";

export interface Work {
  key: ServiceKey;
  drive: Drive;
  plan: readonly PlannedStep[];
  options: DriveOptions;
  sessions: readonly Session[];
  /** How the clusters stood when the user gave their word. */
  situation: Situation;
  /** The command that goes on if this run stops. */
  goOn: string;
  /** The one that goes back; absent where the work itself leads back, or nowhere. */
  goBack?: string;
  /** The answer when all is done. `idle`: nothing was left to do. */
  describe(situation: Situation, idle: boolean, took: string): string;
}
