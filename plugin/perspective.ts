/** Snapshots for the protocol core out of what the plugin read. */
import type { ClusterView, ServiceKey, Settings, Snapshot } from "../shared/protocol/snapshot.ts";

/** What a sync process without settings of its own goes by. */
export const DEFAULT_SETTINGS: Settings = { unionSelector: "strip", endpoints: "mirror" };

/**
 * The Service as `own` sees it. The plugin has not watched: no fact has a history, so what needs time (minimum ready seconds)
 * counts as not yet fulfilled, and how often a selector was stripped is not known.
 */
export function seenFrom(
  own: string,
  key: ServiceKey,
  clusters: ReadonlyMap<string, ClusterView>,
  settings: Settings = DEFAULT_SETTINGS,
  now = 0,
): Snapshot {
  return { key, own, clusters, settings, now, since: new Map() };
}
