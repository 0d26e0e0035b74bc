/** Gather: everything about one Service key from all clusters, from the caches or, right before a critical write, live. */

import { SERVICE_NAME, SHADOW_OF } from "../shared/keys.ts";
import { classifyError } from "../shared/kube/api-error.ts";
import { type EndpointSlice, type Endpoints, type KubeObject, label, type Service } from "../shared/kube/objects.ts";
import { keyOf } from "../shared/kube/store.ts";
import { hashedShadowName, shadowName } from "../shared/names.ts";
import {
  type ClusterView,
  forgottenView,
  formatKey,
  type ServiceKey,
  type Settings,
  type Snapshot,
} from "../shared/protocol/snapshot.ts";
import { BY_SERVICE, type ClusterStores, type WatchedCluster } from "./cluster.ts";
import { isInScope } from "./config.ts";
import { ownedShadow, readLive } from "./live-read.ts";
import type { LossTally } from "./loss-tally.ts";
import type { Overlay } from "./overlay.ts";

/** What a snapshot holds beyond the objects: observations of this process. */
export type Memory = Pick<Snapshot, "since" | "strips" | "losses" | "copiesWritten">;

/** Of a Service this process has not looked at yet. */
export const NO_MEMORY: Memory = { since: new Map() };

export interface Sources {
  own: WatchedCluster;
  /** Peers by name; those without a cluster were refused or never connected. */
  peers(): ReadonlyMap<string, WatchedCluster | undefined>;
  /** Clusters that an operator said are gone for good: they count as read and empty, whatever is there. */
  forgotten(): ReadonlySet<string>;
  losses: LossTally;
  overlay: Overlay;
  /** What fresh reads showed and the watches have not shown yet, by `keyIn` of the cluster. */
  read: Overlay;
  settings: Settings;
  /** Make a missing namespace when a replica needs it. Default false. */
  createNamespaces?: boolean;
  /** Endpoints of one Service that are taken from one peer. Default: any number. */
  maxEndpoints?: number;
  /** Milliseconds since 1970. */
  now(): number;
}

/** The snapshot of a key from the caches, with our own newer writes laid over them. */
export function gatherCached(sources: Sources, key: ServiceKey, memory: Memory): Snapshot {
  const { own, overlay } = sources;
  const now = sources.now();
  const id = formatKey(key);
  const layRead = (cluster: WatchedCluster): Lay =>
    sources.read.isEmpty
      ? asCached
      : (resource, cached) => sources.read.lay(keyIn(cluster, key), resource, cached, cluster.shown(resource), now);
  const layOwn = layRead(own);
  const lay: Lay = (resource, cached) => overlay.lay(id, resource, layOwn(resource, cached), own.shown(resource), now);
  const views = [viewCached(own, key, true, lay)];
  for (const [name, peer] of sources.peers())
    views.push(peer ? bar(viewCached(peer, key, false, layRead(peer)), peer, sources) : unreadView(name));
  return makeSnapshot(sources, key, memory, views, now);
}

/**
 * The snapshot of a key read from every cluster now. A cluster that does not answer is unread: nothing is decided without it. What
 * was read is not unlearnt: later passes see it in place of what caches say that are still behind it.
 */
export async function gatherLive(sources: Sources, key: ServiceKey): Promise<Snapshot> {
  const reads = [viewLive(sources, sources.own, key, true)];
  for (const [name, peer] of sources.peers()) {
    reads.push(
      peer?.readable
        ? viewLive(sources, peer, key, false).then((view) => bar(view, peer, sources))
        : Promise.resolve(peer ? bar(viewCached(peer, key, false), peer, sources) : unreadView(name)),
    );
  }
  return makeSnapshot(sources, key, NO_MEMORY, await Promise.all(reads), sources.now());
}

function makeSnapshot(
  { own, settings, forgotten }: Sources,
  key: ServiceKey,
  memory: Memory,
  views: readonly ClusterView[],
  now: number,
): Snapshot {
  const clusters = new Map(views.map((view) => [view.name, view]));
  for (const name of forgotten()) clusters.set(name, forgottenView(name));
  return { key, own: own.name, clusters, settings, now, ...memory };
}

/** A peer that says more than it may is not listened to, in all it says or about this one Service. */
function bar(
  view: ClusterView,
  peer: WatchedCluster,
  { maxEndpoints = Number.POSITIVE_INFINITY }: Sources,
): ClusterView {
  const count = countEndpoints(view.slices) + countEndpoints(view.shadowSlices);
  const barred =
    peer.quarantine ?? (count > maxEndpoints ? `${count} endpoints, ${maxEndpoints} are allowed` : undefined);
  return barred === undefined ? view : { ...view, listed: false, barred };
}

function countEndpoints(slices: readonly EndpointSlice[]): number {
  return slices.reduce((sum, { endpoints }) => sum + (endpoints?.length ?? 0), 0);
}

function unreadView(name: string): ClusterView {
  return { name, listed: false, namespace: false, slices: [], shadowSlices: [], podCIDRs: [] };
}

type Lay = <T extends Service | EndpointSlice | Endpoints>(
  resource: "services" | "endpointslices" | "endpoints",
  cached: readonly T[],
) => readonly T[];

const asCached: Lay = (_resource, cached) => cached;

function viewCached(cluster: WatchedCluster, key: ServiceKey, own: boolean, lay: Lay = asCached): ClusterView {
  const { stores } = cluster;
  const id = formatKey(key);
  const named = stores.services.get(id);
  const shadows = stores.services.by(BY_SERVICE, id);
  const found = lay("services", named ? [named, ...shadows] : shadows);
  const service = found.find((object) => object.metadata.name === key.name);
  const shadow = ownedShadow(found, key, service);
  const plain = shadowName(key.name);
  const shadowNameTaken = isForeign(stores.services.get(`${key.namespace}/${plain}`), key);
  const tracking = shadow?.metadata.name ?? (shadowNameTaken ? hashedShadowName(key.name) : plain);
  const slicesOfService = stores.slices.by(BY_SERVICE, id);
  const slicesOfShadow = stores.slices.by(BY_SERVICE, `${key.namespace}/${tracking}`);
  const slices = lay(
    "endpointslices",
    slicesOfShadow.length ? [...slicesOfService, ...slicesOfShadow] : slicesOfService,
  );
  const [endpointsObject] = own ? lay("endpoints", endpointsOf(stores, id)) : [];
  return {
    name: cluster.name,
    listed: cluster.readable,
    namespace: own ? hasNamespace(stores, key) : true,
    ...(service ? { service } : {}),
    ...(shadow ? { shadow } : {}),
    shadowNameTaken,
    slices: slices.filter((slice) => label(slice, SERVICE_NAME) === key.name),
    shadowSlices: slices.filter((slice) => label(slice, SERVICE_NAME) === tracking),
    ...(endpointsObject ? { endpoints: endpointsObject } : {}),
    podCIDRs: cluster.podCIDRs,
    ...(cluster.scope && !isInScope(cluster.scope, key.namespace) ? { outOfScope: true } : {}),
  };
}

function endpointsOf({ endpoints }: ClusterStores, id: string): Endpoints[] {
  const object = endpoints.get(id);
  return object ? [object] : [];
}

function hasNamespace({ namespaces }: ClusterStores, { namespace }: ServiceKey): boolean {
  const object = namespaces.get(namespace);
  return object !== undefined && object.metadata.deletionTimestamp === undefined;
}

/** Services first, slices after: a selector seen restored is then never seen without the slices it had before. */
async function viewLive(
  sources: Sources,
  cluster: WatchedCluster,
  key: ServiceKey,
  own: boolean,
): Promise<ClusterView> {
  const cached = viewCached(cluster, key, own);
  try {
    const { service, shadow, shadows, slices, endpointsObject } = await readLive(cluster, key, own);
    learn(sources, cluster, key, "services", servicesOf(cached), [...(service ? [service] : []), ...shadows]);
    const followed = [...cached.slices, ...(shadow ? cached.shadowSlices : [])];
    learn(sources, cluster, key, "endpointslices", followed, slices);
    const { service: _service, shadow: _shadow, endpoints: _endpoints, ...rest } = cached;
    return {
      ...rest,
      listed: true,
      ...(service ? { service } : {}),
      ...(shadow ? { shadow } : {}),
      ...(endpointsObject ? { endpoints: endpointsObject } : {}),
      slices: slices.filter((slice) => label(slice, SERVICE_NAME) === key.name),
      shadowSlices: slices.filter((slice) => label(slice, SERVICE_NAME) !== key.name),
    };
  } catch (error) {
    if (own || classifyError(error) === "fault") throw error;
    return { ...cached, listed: false };
  }
}

function servicesOf({ service, shadow }: ClusterView): Service[] {
  return [service, shadow].filter((object) => object !== undefined);
}

/** Where what was read of a Service in one of the clusters is noted. */
function keyIn(cluster: WatchedCluster, key: ServiceKey): string {
  return `${cluster.name} ${formatKey(key)}`;
}

/** Notes where the objects that were read differ from what the cache said before. */
function learn(
  { read, now }: Sources,
  cluster: WatchedCluster,
  key: ServiceKey,
  resource: "services" | "endpointslices",
  cached: readonly KubeObject[],
  found: readonly KubeObject[],
): void {
  const id = keyIn(cluster, key);
  const known = new Map(cached.map((object) => [keyOf(object), object]));
  for (const object of found) {
    const before = known.get(keyOf(object));
    known.delete(keyOf(object));
    if (before?.metadata.resourceVersion !== object.metadata.resourceVersion) read.written(id, resource, object, now());
  }
  for (const [name, object] of known) read.deleted(id, resource, name, object.metadata.uid ?? "", now());
}

function isForeign(service: Service | undefined, key: ServiceKey): boolean {
  return service !== undefined && label(service, SHADOW_OF) !== key.name;
}
