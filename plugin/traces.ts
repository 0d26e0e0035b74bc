/** Which other clusters a cluster's objects speak of. Pure. */
import { ourCopies, replicaOf } from "../shared/protocol/contribution.ts";
import { sourceOf } from "../shared/protocol/copies.ts";
import { intentOf } from "../shared/protocol/roles.ts";
import type { ClusterView } from "../shared/protocol/snapshot.ts";

/** Names of clusters that copies, the replica label and the intent of a view name, its own included. */
export function tracesOf(view: ClusterView): string[] {
  const intent = intentOf(view);
  const named = [...ourCopies(view).map(sourceOf), replicaOf(view.service), intent?.at];
  return [...new Set(named.filter((name) => name !== undefined && name !== ""))] as string[];
}

/** Clusters that the views speak of and that are not among them. */
export function unseenClusters(views: ReadonlyMap<string, ClusterView>): string[] {
  const named = new Set([...views.values()].flatMap(tracesOf));
  return [...named].filter((name) => !views.has(name)).sort();
}
