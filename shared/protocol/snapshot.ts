/**
 * Everything the protocol decides from: one Service key as it stands in every known cluster, seen from one of them.
 * Plain data, gathered by the sync process (or the plugin), never changed by the functions that read it.
 */
import type { EndpointSlice, Endpoints, Service } from "../kube/objects.ts";

export interface ServiceKey {
  namespace: string;
  name: string;
}

/** `namespace/name`, as used in queues, logs and metrics. */
export function formatKey(key: ServiceKey): string {
  return `${key.namespace}/${key.name}`;
}

/** One cluster's part of a snapshot. */
export interface ClusterView {
  name: string;
  /** All lists of this cluster completed since we connected and its watches are alive; if not, the rest is last-known. */
  listed: boolean;
  /** Why what this cluster says is not used, where it says something; it is not `listed` then. */
  barred?: string;
  /** An operator said that this cluster is gone for good, see `forgottenView`. */
  forgotten?: true;
  /** The sync process there leaves this namespace out: it copies no intent, and nobody waits for it to. */
  outOfScope?: true;
  /** The namespace exists here and is not being deleted. */
  namespace: boolean;
  service?: Service;
  /** Our headless Service carrying the selector of a stripped Service; only if owned by the live `service`. */
  shadow?: Service;
  /** Somebody else's Service has the plain name of the shadow; gathered for the own cluster only. */
  shadowNameTaken?: boolean;
  /** Every slice labelled with the Service's name: native, mirrored, ours, foreign. */
  slices: readonly EndpointSlice[];
  /**
   * Every slice labelled with the shadow's name. Caches of watches give them without a shadow too, by the name it would have: the
   * Service and its slices do not go at the same time.
   */
  shadowSlices: readonly EndpointSlice[];
  /** The Endpoints object; gathered for the own cluster only. */
  endpoints?: Endpoints;
  /** CIDRs a peer's addresses must lie in; empty means no such limit. */
  podCIDRs: readonly string[];
}

/** Deletions that follow from what vanished in peers, as far as this process has counted them. */
export interface Losses {
  /** Services that lost something in the last ten minutes. */
  recent: number;
  /** Services that would lose something now. */
  due: number;
  /** More than this many in all, and none is carried out. */
  limit: number;
}

export interface Settings {
  /** `keep`: union leaves selectors alone. Default `strip`. */
  unionSelector: "strip" | "keep";
  /** `off`: Endpoints objects are not maintained. Default `mirror`. */
  endpoints: "mirror" | "off";
}

export interface Snapshot {
  key: ServiceKey;
  /** Name of the cluster this snapshot is decided for; present in `clusters`. */
  own: string;
  clusters: ReadonlyMap<string, ClusterView>;
  settings: Settings;
  /** Milliseconds since 1970. */
  now: number;
  /** Fact name → when it was first observed true without a break since (milliseconds); see `readiness.ts`. */
  since: ReadonlyMap<string, number>;
  /** How often this Service's selector was stripped here in the last ten minutes under the intent in force. Default 0. */
  strips?: number;
  /** Left out: deletions are not capped. */
  losses?: Losses;
  /**
   * When our copies were written without the Endpoints having been brought after them since: first and last time,
   * milliseconds. Unknown after a restart: then Endpoints follow at once.
   */
  copiesWritten?: { first: number; last: number };
}

/** A forgotten cluster counts as one that is read and has nothing: what came from it goes as if it had been deleted there. */
export function forgottenView(name: string): ClusterView {
  return { name, listed: true, forgotten: true, namespace: false, slices: [], shadowSlices: [], podCIDRs: [] };
}

/** The view of the cluster the snapshot is decided for. Throws if the gatherer left it out: our bug. */
export function ownView(snapshot: Snapshot): ClusterView {
  const view = snapshot.clusters.get(snapshot.own);
  if (!view) throw new Error(`snapshot of ${formatKey(snapshot.key)} lacks its own cluster ${snapshot.own}`);
  return view;
}

/** All views but the own one. */
export function peerViews(snapshot: Snapshot): ClusterView[] {
  return [...snapshot.clusters.values()].filter((view) => view.name !== snapshot.own);
}
