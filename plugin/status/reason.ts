/** One word and some sentences on why a Service is not in sync. Pure. */
import { URGENCY } from "../../shared/protocol/condition.ts";
import type { Verdict } from "../judge.ts";
import type { PlaceStatus } from "./model.ts";

export interface Explanation {
  inSync: boolean;
  reason: string;
  messages: readonly string[];
}

/** Most urgent first: what needs a person, then what cannot be known, then what takes its time. */
const RANKS: readonly string[] = [
  ...URGENCY.flatMap((reason) => (reason === "PeerUnreachable" ? [reason, "Unknown"] : [reason])),
  "Progressing",
  "Copying",
  "Lagging",
];

/**
 * What a verdict means to a reader. `unread`: the cluster could not be read; `bystander`: no sync process is at work there,
 * so nothing is missing.
 */
export function explainPlace(verdict: Verdict | undefined, kind: "judged" | "bystander" | "unread"): Explanation {
  if (kind === "unread") return { inSync: false, reason: "Unknown", messages: ["the cluster could not be read"] };
  if (kind === "bystander" || !verdict) return { inSync: true, reason: "NotManaged", messages: [] };
  if (verdict.unseen.length) return explainByCondition(verdict);
  if (verdict.atRest) {
    const apart = verdict.role.kind === "independent" && verdict.role.conflict;
    return { inSync: true, reason: apart ? "Independent" : "InSync", messages: [] };
  }
  const [hold] = [...verdict.holds].sort((a, b) => rank(a.reason) - rank(b.reason));
  const waits = verdict.holds.map(({ message }) => message);
  if (hold) return { inSync: false, reason: hold.reason, messages: [...new Set(waits)] };
  const due = [...new Set(verdict.due)];
  if (due.length) return { inSync: false, reason: verdict.structural ? "Progressing" : "Copying", messages: due };
  // The objects are right and the sync process does not know yet, or knows something that is not in them.
  const { reason = "Lagging", message = "" } = verdict.condition ?? {};
  return { inSync: false, reason, messages: [`its sync process says: ${message}`] };
}

/** Without a look at every cluster there is nothing to compare: what the cluster's own sync process says must do. */
function explainByCondition({ condition, unseen }: Verdict): Explanation {
  const hint = `not compared with ${unseen.join(", ")}: add its context to --contexts`;
  if (!condition) return { inSync: false, reason: "Unknown", messages: [hint] };
  const messages = [`its sync process says: ${condition.message}`, hint];
  return { inSync: condition.status === "True", reason: condition.reason, messages };
}

/** The word for all places together; a Service kept apart everywhere is `Independent`. */
export function mostUrgent(places: readonly PlaceStatus[]): string {
  const [worst] = places.filter(({ inSync }) => !inSync).sort((a, b) => rank(a.reason) - rank(b.reason));
  if (worst) return worst.reason;
  return places.some(({ reason }) => reason === "Independent") ? "Independent" : "InSync";
}

function rank(reason: string): number {
  const found = RANKS.indexOf(reason);
  return found < 0 ? RANKS.length : found;
}
