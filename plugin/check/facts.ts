/** What `check` knows of a cluster before it judges. */
import type { Identity } from "../../shared/identity.ts";
import type { ServerVersion } from "../install/decision.ts";
import type { LinkStatus } from "../link/link-status.ts";
import type { ClusterStatus } from "../status/model.ts";

/** One right of the user. */
export interface Right {
  /** Such as `patch services`. */
  what: string;
  /** Undefined if the cluster does not say. */
  allowed: boolean | undefined;
}

export interface WebhookFacts {
  /** `silent`: registered and not asked; `broken`: the API server waits for it and gets no answer. */
  state: "asked" | "silent" | "broken" | "absent" | "unknown";
  detail: string;
}

/** Objects of ours that nobody looks after, by `Kind namespace/name`. */
export interface Leftovers {
  /** Copies, shadows and replicas whose Service or cluster is gone. */
  orphans: readonly string[];
  /** `namespace/name` of Services with slices that a removed selector left behind. */
  frozen: readonly string[];
  /** Services that take part and that another tool applies. */
  owned: readonly { service: string; tool: string }[];
}

export interface ClusterFacts {
  status: ClusterStatus;
  identity: Identity | undefined;
  /** The rest is absent where the cluster does not answer or does not say. */
  version?: ServerVersion;
  uid?: string;
  agent?: "alive" | "silent" | "unknown";
  rights?: readonly Right[];
  webhook?: WebhookFacts;
  links?: readonly LinkStatus[];
  leftovers?: Leftovers;
  /** Milliseconds its clock is ahead of ours, to the second. */
  skewMs?: number;
  podCIDRs?: readonly string[];
}

/** Services of all clusters that are not in sync. */
export interface SyncFacts {
  total: number;
  bad: readonly { service: string; reason: string }[];
}
