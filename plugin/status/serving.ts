/** Which clusters' pods a Service is supposed to be served by. Pure. */
import type { Intent } from "../../shared/intent.ts";
import { contribution, isOwn, readyAddresses } from "../../shared/protocol/contribution.ts";
import { participants } from "../../shared/protocol/roles.ts";
import type { ClusterView, Snapshot } from "../../shared/protocol/snapshot.ts";

/**
 * The views of the clusters that serve under the winning intent; without one, every own Service does. Until the named server
 * has a ready endpoint, those who served before go on.
 */
export function servingClusters(snapshot: Snapshot, intent: Intent | undefined): ClusterView[] {
  const views = [...snapshot.clusters.values()];
  if (intent?.mode === "union") return participants(snapshot, intent);
  const server = intent && snapshot.clusters.get(intent.at);
  if (server?.service && readyAddresses(contribution(server).slices).size > 0) return [server];
  if (intent && server?.service) return participants(snapshot, intent);
  return views.filter((view) => isOwn(view.service));
}
