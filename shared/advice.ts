/**
 * What the sync process tells the webhook (and any reader) about one Service across clusters, and the judgements
 * that need it. Served read-only on localhost as `GET /advice?namespace=…&name=…`, answered from caches.
 */
import type { Intent } from "./intent.ts";
import type { ServicePort } from "./kube/objects.ts";
import type { Mode } from "./mode.ts";

export interface ClusterAdvice {
  name: string;
  /** All lists of this cluster are complete and its watches are alive. */
  readable: boolean;
  /** `own`: made by a user; `replica`: made by us; `none`: no such Service (or unknown, if not readable). */
  service: "none" | "own" | "replica";
  mode?: Mode;
  /** Usable endpoints of the cluster's own pods behind this Service. */
  ready: number;
  ports: ServicePort[];
}

export interface Advice {
  /** Name of the cluster that answers. */
  cluster: string;
  /** The latest intent visible in any cluster. */
  latest?: Intent;
  /** Clusters that it names and whose own Service has not copied it, as far as is known. */
  awaited?: string[];
  /** Every known cluster, the answering one included. */
  clusters: ClusterAdvice[];
}

export type Successor = { ok: true; cluster: string } | { ok: false; message: string };

/**
 * The cluster that takes over when `own` becomes `receiver`: the one named in `vmware.com/syndicate-successor`,
 * else the only other readable cluster that has the Service (replicas count).
 */
export function resolveSuccessor(advice: Advice, own: string, named: string | undefined): Successor {
  const others = advice.clusters.filter((cluster) => cluster.name !== own);
  if (named !== undefined) {
    const found = others.find((cluster) => cluster.name === named);
    if (!found) {
      const known = others.map((cluster) => cluster.name).join(", ") || "none";
      return { ok: false, message: `successor "${named}" is not a known other cluster (known: ${known})` };
    }
    if (!found.readable) return { ok: false, message: `successor "${named}" cannot be read now` };
    if (found.service === "none") return { ok: false, message: `successor "${named}" has no such Service` };
    return { ok: true, cluster: named };
  }
  const candidates = others.filter((cluster) => cluster.readable && cluster.service !== "none");
  const [first, second] = candidates;
  if (first && !second) return { ok: true, cluster: first.name };
  const message = first
    ? `more than one cluster could take over (${candidates.map((c) => c.name).join(", ")}); name one in vmware.com/syndicate-successor`
    : "no other readable cluster has this Service, so nobody could take over";
  return { ok: false, message };
}
