/** The controllers of Kubernetes around a Service, as the facts of docs/protocol.md describe them. */
import { MANAGED_BY, MIRRORING_MANAGER, NATIVE_MANAGER, SERVICE_NAME, SKIP_MIRROR } from "../../shared/keys.ts";
import { type EndpointSlice, type Endpoints, label, type Service } from "../../shared/kube/objects.ts";
import { hasSelector } from "../../shared/selector.ts";
import type { Cluster } from "./cluster.ts";

/** Garbage collection, endpointslice, endpoints and mirroring controller: one pass each. True if anything changed. */
export function runNativeControllers(cluster: Cluster): boolean {
  let changed = collectGarbage(cluster);
  for (const service of [...cluster.services.values()]) {
    if (hasSelector(service)) changed = writeEndpoints(cluster, service) || changed;
    changed = mirror(cluster, service) || changed;
  }
  return changed;
}

function collectGarbage(cluster: Cluster): boolean {
  const uids = new Set([...cluster.services.values()].map((service) => service.metadata.uid));
  let removed = false;
  for (const resource of ["services", "endpointslices"] as const) {
    const map = cluster.kind(resource);
    for (const object of [...map.values()]) {
      const owner = object.metadata.ownerReferences?.[0]?.uid;
      if (owner !== undefined && !uids.has(owner)) removed = map.delete(object.metadata.name);
    }
  }
  for (const name of [...cluster.endpoints.keys()]) {
    if (!cluster.services.has(name)) removed = cluster.endpoints.delete(name) || removed;
  }
  return removed;
}

/** A Service without selector is not looked at: what it had stays as it is, frozen. */
function writeEndpoints(cluster: Cluster, service: Service): boolean {
  const { name, namespace = "" } = service.metadata;
  const selector = Object.entries(service.spec.selector ?? {});
  const pods = [...cluster.pods.values()].filter((pod) => selector.every(([key, value]) => pod.labels[key] === value));
  const ports = (service.spec.ports ?? []).map((port) => ({ name: port.name ?? "", protocol: "TCP", port: 8080 }));
  const slice: EndpointSlice = {
    ...ownedSlice(service, `${name}-native`, NATIVE_MANAGER),
    endpoints: pods.map((pod) => ({
      addresses: [pod.ip],
      conditions: { ready: pod.ready && !pod.terminating, serving: pod.ready, terminating: pod.terminating ?? false },
      ...(pod.hostname === undefined ? {} : { hostname: pod.hostname }),
    })),
    ports,
  };
  const endpoints: Endpoints = {
    metadata: { name, namespace, labels: {} },
    subsets: [{ addresses: pods.filter((pod) => pod.ready).map((pod) => ({ ip: pod.ip })), ports }],
  };
  const wroteSlice = cluster.storeIfChanged(cluster.slices, slice);
  return cluster.storeIfChanged(cluster.endpoints, endpoints) || wroteSlice;
}

/** An Endpoints object of a Service without selector, and without `skip-mirror`, gets a slice. */
function mirror(cluster: Cluster, service: Service): boolean {
  const { name } = service.metadata;
  const endpoints = cluster.endpoints.get(name);
  const wanted = endpoints && !hasSelector(service) && label(endpoints, SKIP_MIRROR) !== "true";
  if (!wanted) return cluster.slices.delete(`${name}-mirrored`);
  return cluster.storeIfChanged(cluster.slices, {
    ...ownedSlice(service, `${name}-mirrored`, MIRRORING_MANAGER),
    endpoints: (endpoints.subsets ?? []).flatMap(({ addresses = [] }) =>
      addresses.map(({ ip }) => ({ addresses: [ip] })),
    ),
    ports: endpoints.subsets?.[0]?.ports ?? [],
  });
}

function ownedSlice(service: Service, name: string, manager: string): EndpointSlice {
  const { name: owner, namespace = "", uid = "" } = service.metadata;
  return {
    metadata: {
      name,
      namespace,
      labels: { [SERVICE_NAME]: owner, [MANAGED_BY]: manager },
      ownerReferences: [{ apiVersion: "v1", kind: "Service", name: owner, uid }],
    },
    addressType: "IPv4",
    endpoints: [],
    ports: [],
  };
}
