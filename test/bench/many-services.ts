import { MANAGED_BY, SERVICE_NAME } from "../../shared/keys.ts";
import { chooseVersion } from "../../shared/kube/discovery.ts";
import { waitFor } from "../e2e/waiting.ts";
import type { LabCluster } from "../lab/cluster.ts";

const WRITERS = 16;
const ENDPOINTS = 3;

/** `count` Services with a slice of three endpoints each in a namespace of `source`, copied to `copy` by the sync processes there. */
export async function createServices(
  source: LabCluster,
  copy: LabCluster,
  namespace: string,
  count: number,
): Promise<void> {
  const group = (await source.call("GET", "/apis/discovery.k8s.io")) as { versions: { version: string }[] };
  const version = chooseVersion(group.versions.map((offered) => offered.version));
  const slices = `/apis/discovery.k8s.io/${version}/namespaces/${namespace}/endpointslices`;
  await Promise.all([source.ensureNamespace(namespace), copy.ensureNamespace(namespace)]);
  const names = Array.from({ length: count }, (_, i) => `service-${i}`);
  const write = async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      await source.call("POST", `/api/v1/namespaces/${namespace}/services`, {
        metadata: { name },
        spec: { ports: [{ name: "http", port: 80, targetPort: 8080 }] },
      });
      await source.call("POST", slices, {
        apiVersion: `discovery.k8s.io/${version}`,
        kind: "EndpointSlice",
        metadata: { name, labels: { [SERVICE_NAME]: name, [MANAGED_BY]: "bench" } },
        addressType: "IPv4",
        ports: [{ name: "http", port: 8080, protocol: "TCP" }],
        endpoints: Array.from({ length: ENDPOINTS }, (_, i) => ({
          addresses: [`10.1.250.${i + 1}`],
          conditions: { ready: true },
        })),
      });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  const look = async () => {
    const { items } = (await copy.call("GET", slices)) as { items: object[] };
    return items.length >= count ? { done: undefined } : { seen: `${items.length} of ${count}` };
  };
  await waitFor(`copies in ${namespace}`, look, 300, 2000);
}
