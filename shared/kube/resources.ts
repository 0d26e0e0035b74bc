/** Request paths of the kinds we use. Slices are always asked for as `v1`; the client translates for older servers. */

/** Paths of one namespaced kind. Names are escaped. */
export interface NamespacedPaths {
  /** The collection in all namespaces. */
  readonly all: string;
  /** The collection in one namespace; also where objects are created. */
  in(namespace: string): string;
  /** One object. */
  one(namespace: string, name: string): string;
  /** The status subresource of one object. */
  status(namespace: string, name: string): string;
}

/** Paths of one kind without namespaces. Names are escaped. */
export interface ClusterPaths {
  /** The collection; also where objects are created. */
  readonly all: string;
  /** One object. */
  one(name: string): string;
}

export const services: NamespacedPaths = namespaced("/api/v1", "services");
export const endpoints: NamespacedPaths = namespaced("/api/v1", "endpoints");
export const configMaps: NamespacedPaths = namespaced("/api/v1", "configmaps");
export const secrets: NamespacedPaths = namespaced("/api/v1", "secrets");
export const endpointSlices: NamespacedPaths = namespaced("/apis/discovery.k8s.io/v1", "endpointslices");
export const leases: NamespacedPaths = namespaced("/apis/coordination.k8s.io/v1", "leases");
/** Events of group `events.k8s.io`: served as v1 since 1.19, and the one with a `reportingController`. */
export const events: NamespacedPaths = namespaced("/apis/events.k8s.io/v1", "events");
export const namespaces: ClusterPaths = clusterWide("/api/v1", "namespaces");
export const validatingWebhooks: ClusterPaths = clusterWide(
  "/apis/admissionregistration.k8s.io/v1",
  "validatingwebhookconfigurations",
);
export const mutatingWebhooks: ClusterPaths = clusterWide(
  "/apis/admissionregistration.k8s.io/v1",
  "mutatingwebhookconfigurations",
);

function namespaced(group: string, plural: string): NamespacedPaths {
  const within = (namespace: string) => `${group}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
  const one = (namespace: string, name: string) => `${within(namespace)}/${encodeURIComponent(name)}`;
  return { all: `${group}/${plural}`, in: within, one, status: (namespace, name) => `${one(namespace, name)}/status` };
}

function clusterWide(group: string, plural: string): ClusterPaths {
  return { all: `${group}/${plural}`, one: (name) => `${group}/${plural}/${encodeURIComponent(name)}` };
}
