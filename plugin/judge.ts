/** What each cluster would do next about one Service, by the same core the sync processes run. Pure. */
import { CONDITION_IN_SYNC } from "../shared/keys.ts";
import type { Condition } from "../shared/kube/objects.ts";
import { type Plan, planService } from "../shared/protocol/plan.ts";
import { type Role, resolveRole } from "../shared/protocol/roles.ts";
import type { ClusterView, ServiceKey, Settings, Snapshot } from "../shared/protocol/snapshot.ts";
import type { Hold } from "../shared/protocol/write.ts";
import { seenFrom } from "./perspective.ts";
import { unseenClusters } from "./traces.ts";

/** One cluster as far as judging needs it. */
export interface Member {
  /** Its name among the peers. */
  name: string;
  /** Others may read it: our sync process is installed there, or nobody could find out. */
  peer: boolean;
  /** The sync process watches the namespace there; if not, nothing is expected of it. */
  judged: boolean;
  settings: Settings;
}

export interface Verdict {
  cluster: string;
  role: Role;
  /** No write is due, nothing is held back, and the cluster's own sync process says the same. */
  atRest: boolean;
  /** What the cluster waits for. */
  holds: readonly Hold[];
  /** Reasons of the writes that are due. */
  due: readonly string[];
  /** True if writes are due to a Service itself, not only to slices and Endpoints. */
  structural: boolean;
  /** Clusters that take part and were not looked at: then only the cluster's own sync process can tell. */
  unseen: readonly string[];
  /** What the cluster's own sync process last wrote, if it is expected to say something. */
  condition?: Condition;
}

/** The views that the clusters have of each other: a cluster that is nobody's peer plays no part in what they decide. */
export function peerViewsOf(
  members: readonly Member[],
  views: ReadonlyMap<string, ClusterView>,
): ReadonlyMap<string, ClusterView> {
  const peers = new Set(members.filter(({ peer }) => peer).map(({ name }) => name));
  return new Map([...views].filter(([name]) => peers.has(name)));
}

/** The verdict on every judged cluster that could be read. */
export function judge(
  key: ServiceKey,
  members: readonly Member[],
  views: ReadonlyMap<string, ClusterView>,
  now: number,
): Verdict[] {
  const clusters = peerViewsOf(members, views);
  return members
    .filter(({ name, judged }) => judged && clusters.get(name)?.listed)
    .map(({ name, settings }) => judgeCluster(seenFrom(name, key, clusters, settings, now)));
}

function judgeCluster(snapshot: Snapshot): Verdict {
  const plan = planService(snapshot);
  const condition = conditionOf(snapshot, plan);
  return {
    cluster: snapshot.own,
    role: resolveRole(snapshot),
    atRest:
      plan.writes.length === 0 && plan.holds.length === 0 && (condition === undefined || condition.status === "True"),
    holds: plan.holds,
    due: plan.writes.map(({ reason }) => reason),
    unseen: unseenClusters(snapshot.clusters),
    structural: plan.writes.some(({ resource }) => resource === "services"),
    ...(condition ? { condition } : {}),
  };
}

/** The condition counts only where the core wants one: what a former participation left behind says nothing. */
function conditionOf(snapshot: Snapshot, plan: Plan): Condition | undefined {
  if (!plan.condition) return undefined;
  const conditions = snapshot.clusters.get(snapshot.own)?.service?.status?.conditions;
  return conditions?.find(({ type }) => type === CONDITION_IN_SYNC);
}
