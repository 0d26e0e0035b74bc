/** The controllers of Kubernetes around a Service, as the facts of docs/protocol.md describe them. */
import { MANAGED_BY, MIRRORING_MANAGER, NATIVE_MANAGER, SERVICE_NAME, SKIP_MIRROR } from "../../shared/keys.ts";
import { type EndpointSlice, type Endpoints, label, type Service } from "../../shared/kube/objects.ts";
import { hasSelector } from "../../shared/selector.ts";
import type { Cluster, Pod } from "./cluster.ts";

/** Garbage collection, endpointslice, endpoints and mirroring controller: one pass each. True if anything changed. */
export function runNativeControllers(cluster: Cluster): boolean {
  let changed = collectGarbage(cluster);
  for (const service of [...cluster.services.values()]) {
    changed = writeSlice(cluster, service) || changed;
    changed = writeEndpoints(cluster, service) || changed;
    changed = mirrorEndpoints(cluster, service) || changed;
  }
  return changed;
}

/** Removes what belongs to a Service that is gone. True if there was any. */
export function collectGarbage(cluster: Cluster): boolean {
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

function selectPods(cluster: Cluster, service: Service): Pod[] {
  const selector = Object.entries(service.spec.selector ?? {});
  return [...cluster.pods.values()].filter((pod) => selector.every(([key, value]) => pod.labels[key] === value));
}

function endpointPorts(service: Service) {
  return (service.spec.ports ?? []).map((port) => ({ name: port.name ?? "", protocol: "TCP", port: 8080 }));
}

/** The endpointslice controller. A Service without selector is not looked at: what it had stays as it is, frozen. */
export function writeSlice(cluster: Cluster, service: Service): boolean {
  if (!hasSelector(service)) return false;
  const pods = selectPods(cluster, service);
  return cluster.storeIfChanged(cluster.slices, {
    ...ownedSlice(service, `${service.metadata.name}-native`, NATIVE_MANAGER),
    endpoints: pods.map((pod) => ({
      addresses: [pod.ip],
      conditions: { ready: pod.ready && !pod.terminating, serving: pod.ready, terminating: pod.terminating ?? false },
      ...(pod.hostname === undefined ? {} : { hostname: pod.hostname }),
    })),
    ports: endpointPorts(service),
  });
}

/** The endpoints controller: the older API's object, frozen in the same way. */
export function writeEndpoints(cluster: Cluster, service: Service): boolean {
  if (!hasSelector(service)) return false;
  const { name, namespace = "" } = service.metadata;
  const ready = selectPods(cluster, service).filter((pod) => pod.ready && !pod.terminating);
  return cluster.storeIfChanged<Endpoints>(cluster.endpoints, {
    metadata: { name, namespace, labels: {} },
    subsets: [{ addresses: ready.map((pod) => ({ ip: pod.ip })), ports: endpointPorts(service) }],
  });
}

/** The mirroring controller: Endpoints of a Service without selector, and without `skip-mirror`, get a slice. */
export function mirrorEndpoints(cluster: Cluster, service: Service): boolean {
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
