/** From the objects of one cluster to the views the protocol core reads. Pure. */
import { SERVICE_NAME, SHADOW_OF } from "../../shared/keys.ts";
import { type EndpointSlice, type Endpoints, type KubeObject, label, type Service } from "../../shared/kube/objects.ts";
import { shadowName } from "../../shared/names.ts";
import type { ClusterView, ServiceKey } from "../../shared/protocol/snapshot.ts";

/** Objects of one cluster, of one or all namespaces. */
export interface ClusterObjects {
  services: readonly Service[];
  slices: readonly EndpointSlice[];
  endpoints: readonly Endpoints[];
  /** Namespaces that exist and are not being deleted; undefined if the caller may not know, then all do. */
  namespaces: ReadonlySet<string> | undefined;
}

/** The objects of one cluster by `namespace/name of the Service they belong to`. */
export interface ObjectIndex {
  services: ReadonlyMap<string, Service>;
  shadows: ReadonlyMap<string, readonly Service[]>;
  slices: ReadonlyMap<string, readonly EndpointSlice[]>;
  endpoints: ReadonlyMap<string, Endpoints>;
  namespaces: ReadonlySet<string> | undefined;
}

/** Sorts a cluster's objects by Service. */
export function indexObjects(objects: ClusterObjects): ObjectIndex {
  const shadows = objects.services.filter((service) => label(service, SHADOW_OF) !== undefined);
  return {
    services: new Map(objects.services.map((service) => [keyOf(service, service.metadata.name), service])),
    shadows: Map.groupBy(shadows, (shadow) => keyOf(shadow, label(shadow, SHADOW_OF))),
    slices: Map.groupBy(objects.slices, (slice) => keyOf(slice, label(slice, SERVICE_NAME))),
    endpoints: new Map(objects.endpoints.map((object) => [keyOf(object, object.metadata.name), object])),
    namespaces: objects.namespaces,
  };
}

function keyOf(object: KubeObject, name: string | undefined): string {
  return `${object.metadata.namespace ?? ""}/${name ?? ""}`;
}

/** The view of one Service in a cluster that was read completely. */
export function viewService(name: string, index: ObjectIndex, key: ServiceKey): ClusterView {
  const id = `${key.namespace}/${key.name}`;
  const service = index.services.get(id);
  // A shadow whose owner is not the live Service is on its way out: it counts as absent.
  const shadow = (index.shadows.get(id) ?? []).find(
    ({ metadata }) =>
      metadata.deletionTimestamp === undefined && metadata.ownerReferences?.[0]?.uid === service?.metadata.uid,
  );
  const endpoints = index.endpoints.get(id);
  const plain = index.services.get(`${key.namespace}/${shadowName(key.name)}`);
  return {
    name,
    listed: true,
    namespace: index.namespaces?.has(key.namespace) ?? true,
    ...(service ? { service } : {}),
    ...(shadow ? { shadow } : {}),
    shadowNameTaken: plain !== undefined && label(plain, SHADOW_OF) !== key.name,
    slices: index.slices.get(id) ?? [],
    shadowSlices: shadow ? (index.slices.get(`${key.namespace}/${shadow.metadata.name}`) ?? []) : [],
    ...(endpoints ? { endpoints } : {}),
    // What a peer's kubeconfig restricts is that peer's secret; addresses outside would show as a difference.
    podCIDRs: [],
  };
}

/** The view of a cluster that does not answer: nothing is known, so nothing is decided from it. */
export function unreadView(name: string): ClusterView {
  return { name, listed: false, namespace: false, slices: [], shadowSlices: [], podCIDRs: [] };
}
