/** How the clusters stand, and what is waited for. */
import type { ClusterView } from "../../shared/protocol/snapshot.ts";
import type { Verdict } from "../judge.ts";

/** One look at all clusters. */
export interface Situation {
  views: ReadonlyMap<string, ClusterView>;
  verdicts: readonly Verdict[];
}

/** One thing a cluster is waited for. */
export interface Wait {
  cluster: string;
  message: string;
}
