/** Gather: everything about one Service key from all clusters, from the caches or, right before a critical write, live. */

import { SERVICE_NAME, SHADOW_OF } from "../shared/keys.ts";
import { classifyError } from "../shared/kube/api-error.ts";
import { getIfExists } from "../shared/kube/lookup.ts";
import { type EndpointSlice, type Endpoints, type KubeObject, label, type Service } from "../shared/kube/objects.ts";
import { endpointSlices, endpoints, services } from "../shared/kube/resources.ts";
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
import { BY_SERVICE, type WatchedCluster } from "./cluster.ts";
import { isInScope } from "./config.ts";
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
  const layRead =
    (cluster: WatchedCluster): Lay =>
    (resource, cached) =>
      sources.read.lay(keyIn(cluster, key), resource, cached, now);
  const lay: Lay = (resource, cached) => overlay.lay(id, resource, layRead(own)(resource, cached), now);
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
  const count = [...view.slices, ...view.shadowSlices].reduce((sum, slice) => sum + (slice.endpoints?.length ?? 0), 0);
  const barred =
    peer.quarantine ?? (count > maxEndpoints ? `${count} endpoints, ${maxEndpoints} are allowed` : undefined);
  return barred === undefined ? view : { ...view, listed: false, barred };
}

function unreadView(name: string): ClusterView {
  return { name, listed: false, namespace: false, slices: [], shadowSlices: [], podCIDRs: [] };
}

type Lay = <T extends Service | EndpointSlice | Endpoints>(
  resource: "services" | "endpointslices" | "endpoints",
  cached: readonly T[],
) => T[];

const asCached: Lay = (_resource, cached) => [...cached];

function viewCached(cluster: WatchedCluster, key: ServiceKey, own: boolean, lay: Lay = asCached): ClusterView {
  const { stores } = cluster;
  const id = formatKey(key);
  const plain = `${key.namespace}/${shadowName(key.name)}`;
  const known = [stores.services.get(id), ...stores.services.by(BY_SERVICE, id)].filter(
    (object) => object !== undefined,
  );
  const found = lay("services", known);
  const service = found.find((object) => object.metadata.name === key.name);
  const shadow = ownedShadow(found, key, service);
  const shadowNameTaken = isForeign(stores.services.get(plain), key);
  const tracking = shadow?.metadata.name ?? (shadowNameTaken ? hashedShadowName(key.name) : shadowName(key.name));
  const slices = lay("endpointslices", [
    ...stores.slices.by(BY_SERVICE, id),
    ...stores.slices.by(BY_SERVICE, `${key.namespace}/${tracking}`),
  ]);
  const [endpointsObject] = lay(
    "endpoints",
    own ? [stores.endpoints.get(id)].filter((object) => object !== undefined) : [],
  );
  const namespace = stores.namespaces.get(key.namespace);
  return {
    name: cluster.name,
    listed: cluster.readable,
    namespace: own ? namespace !== undefined && namespace.metadata.deletionTimestamp === undefined : true,
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

/** Services first, slices after: a selector seen restored is then never seen without the slices it had before. */
async function viewLive(
  sources: Sources,
  cluster: WatchedCluster,
  key: ServiceKey,
  own: boolean,
): Promise<ClusterView> {
  const cached = viewCached(cluster, key, own);
  try {
    const { client } = cluster;
    const [service, shadows] = await Promise.all([
      getIfExists<Service>(client, services.one(key.namespace, key.name)),
      client.list<Service>(services.in(key.namespace), { labelSelector: `${SHADOW_OF}=${key.name}` }),
    ]);
    const shadow = ownedShadow(shadows.items, key, service);
    const names = [key.name, ...(shadow ? [shadow.metadata.name] : [])].join(",");
    const [slices, endpointsObject] = await Promise.all([
      client.list<EndpointSlice>(endpointSlices.in(key.namespace), { labelSelector: `${SERVICE_NAME} in (${names})` }),
      own ? getIfExists<Endpoints>(client, endpoints.one(key.namespace, key.name)) : undefined,
    ]);
    learn(sources, cluster, key, "services", servicesOf(cached), [...(service ? [service] : []), ...shadows.items]);
    const followed = [...cached.slices, ...(shadow ? cached.shadowSlices : [])];
    learn(sources, cluster, key, "endpointslices", followed, slices.items);
    const { service: _service, shadow: _shadow, endpoints: _endpoints, ...rest } = cached;
    return {
      ...rest,
      listed: true,
      ...(service ? { service } : {}),
      ...(shadow ? { shadow } : {}),
      ...(endpointsObject ? { endpoints: endpointsObject } : {}),
      slices: slices.items.filter((slice) => label(slice, SERVICE_NAME) === key.name),
      shadowSlices: slices.items.filter((slice) => label(slice, SERVICE_NAME) !== key.name),
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

/** A shadow whose owner is not the live Service is on its way out: it counts as absent. */
function ownedShadow(found: readonly Service[], key: ServiceKey, service: Service | undefined): Service | undefined {
  return found.find(
    (object) =>
      label(object, SHADOW_OF) === key.name &&
      object.metadata.deletionTimestamp === undefined &&
      object.metadata.ownerReferences?.[0]?.uid === service?.metadata.uid,
  );
}

function isForeign(service: Service | undefined, key: ServiceKey): boolean {
  return service !== undefined && label(service, SHADOW_OF) !== key.name;
}
