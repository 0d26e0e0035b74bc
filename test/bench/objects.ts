/** The objects that benches fill clusters with. */
import { MANAGED_BY, SERVICE_NAME } from "../../shared/keys.ts";
import { createClient, type KubeClient } from "../../shared/kube/client.ts";
import { parsePlainKubeconfig } from "../../shared/kube/kubeconfig.ts";
import type { EndpointSlice, Service } from "../../shared/kube/objects.ts";
import type { LabCluster } from "../lab/lab.ts";

/** A client of the administrator, from outside of the lab's network. */
export function connectBench(cluster: LabCluster): KubeClient {
  return createClient(parsePlainKubeconfig(cluster.adminKubeconfig("local"), cluster.name), {
    cluster: cluster.name,
    userAgent: "bench",
  });
}

/**
 * A Service without selector, whose slices are kept by somebody else, here by the bench. Such slices are the contribution of
 * their cluster as native ones are and take the same way, but no controller of Kubernetes writes to them: whatever the
 * bench sets stays until its next change. With native slices one would measure that controller too.
 */
export function benchService(namespace: string, name: string, annotations: Record<string, string> = {}): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace, annotations },
    spec: { ports: [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }] },
  };
}

/** A slice of such a Service: `count` ready endpoints, whose addresses are numbered from `first`. */
export function benchSlice(service: Service, count: number, first = 0, name = service.metadata.name): EndpointSlice {
  const { namespace = "" } = service.metadata;
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, namespace, labels: { [SERVICE_NAME]: service.metadata.name, [MANAGED_BY]: "bench" } },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    endpoints: Array.from({ length: count }, (_, i) => ({
      addresses: [numberedAddress(first + i)],
      conditions: { ready: true },
      nodeName: `node-${(first + i) % 50}`,
      targetRef: { kind: "Pod", namespace, name: `${service.metadata.name}-${first + i}` },
    })),
  };
}

/** 10.x.y.z by number, last bytes from 1 to 250. */
export function numberedAddress(number: number): string {
  const [high, low] = [Math.floor(number / 250), (number % 250) + 1];
  return `10.${100 + Math.floor(high / 250)}.${high % 250}.${low}`;
}
