/** What the caches of all clusters hold, taken together. */
import { INTENT } from "../shared/keys.ts";
import { annotation } from "../shared/kube/objects.ts";
import type { WatchedCluster } from "./cluster.ts";

/** Clusters by any order; undefined ones were refused or never connected. */
type Clusters = Iterable<WatchedCluster | undefined>;

/** Keys of every Service that any cluster knows, of one namespace if named; a key that several know comes several times. */
export function* knownKeys(clusters: Clusters, namespace?: string): Generator<string> {
  for (const cluster of clusters) {
    for (const key of cluster?.stores.services.keys() ?? []) {
      if (namespace === undefined || key.startsWith(`${namespace}/`)) yield key;
    }
  }
}

/** Somebody declared something about this Service, in any cluster. Before that nobody asks what a peer has copied. */
export function isDeclared(clusters: Clusters, key: string): boolean {
  for (const cluster of clusters) {
    const service = cluster?.stores.services.get(key);
    if (service && annotation(service, INTENT) !== undefined) return true;
  }
  return false;
}
