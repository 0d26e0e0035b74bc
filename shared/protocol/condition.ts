/** The condition `vmware.com/SyndicateInSync`: one word and one sentence on where a Service stands. */
import type { Context } from "./context.ts";
import type { Hold, HoldReason, Step } from "./write.ts";

export interface SyncCondition {
  status: "True" | "False";
  /** `InSync`, `Progressing`, or the reason of the most urgent hold. */
  reason: string;
  message: string;
}

/** Most urgent first: what a person must act on comes before what only takes time. */
export const URGENCY: readonly HoldReason[] = [
  "NoSelector",
  "PortConflict",
  "Contended",
  "TooManyDeletions",
  "Orphaned",
  "HostnameConflict",
  "Conflict",
  "Quarantined",
  "AddressRefused",
  "PeerUnreachable",
  "NamespaceMissing",
  "Holding",
];

/** API limit is 32768 characters; a sentence a person reads is far shorter. */
const MAX_MESSAGE = 1024;

/** The condition that a plan amounts to; content changes alone leave a Service in sync. */
export function decideCondition(context: Context, step: Step): SyncCondition {
  const [urgent] = [...step.holds].sort((a, b) => URGENCY.indexOf(a.reason) - URGENCY.indexOf(b.reason));
  if (urgent) return { status: "False", reason: urgent.reason, message: joinMessages(urgent, step.holds) };
  const structural = step.writes.filter((write) => write.resource === "services");
  const [first] = structural;
  if (first) return { status: "False", reason: "Progressing", message: first.reason };
  return { status: "True", reason: "InSync", message: describe(context) };
}

function joinMessages(urgent: Hold, holds: readonly Hold[]): string {
  const others = holds.filter((hold) => hold !== urgent).map((hold) => hold.message);
  return [...new Set([urgent.message, ...others])].join("; ").slice(0, MAX_MESSAGE);
}

function describe({ role, desire }: Context): string {
  switch (role.kind) {
    case "replica":
    case "follower":
      return `follows ${role.of}`;
    case "union":
      return `publishes the pods of ${[...desire.sources].sort().join(", ")}`;
    case "singular":
      return "serves alone, replicated nowhere";
    case "orphan":
      return "serves on without its server";
    default:
      return "serves with its own pods";
  }
}
