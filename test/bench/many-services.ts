import { chooseVersion } from "../../shared/kube/discovery.ts";
import { endpointSlices, services } from "../../shared/kube/resources.ts";
import { waitFor } from "../e2e/waiting.ts";
import type { Lab, LabCluster } from "../lab/lab.ts";
import { benchService, benchSlice } from "./objects.ts";
import type { RawWrite } from "./raw-writer.ts";
import { writeRaw } from "./scale-lab.ts";

const ENDPOINTS = 3;
const COPY_SECONDS = 400;

/** `count` Services with a slice of three endpoints each in a namespace of east, and their copies by the sync process in west. */
export async function createServices(lab: Lab, namespace: string, count: number): Promise<void> {
  const [east, west] = [lab.cluster("east"), lab.cluster("west")];
  await Promise.all([east, west].map((cluster) => cluster.ensureNamespace(namespace)));
  const writes = Array.from({ length: count }, (_, i): RawWrite[] => {
    const service = benchService(namespace, `service-${i}`);
    const key = `${namespace}/${service.metadata.name}`;
    return [
      { key, method: "create", path: services.in(namespace), body: service },
      {
        key,
        method: "create",
        path: endpointSlices.in(namespace),
        body: benchSlice(service, ENDPOINTS, i * ENDPOINTS),
      },
    ];
  });
  await writeRaw(lab, east, east.adminKubeconfig("lab"), writes.flat());
  await waitCopied(west, namespace, count);
}

async function waitCopied(cluster: LabCluster, namespace: string, count: number): Promise<void> {
  const group = (await cluster.call("GET", "/apis/discovery.k8s.io")) as { versions: { version: string }[] };
  const version = chooseVersion(group.versions.map((offered) => offered.version));
  const path = `/apis/discovery.k8s.io/${version}/namespaces/${namespace}/endpointslices`;
  const look = async () => {
    const { items } = (await cluster.call("GET", path)) as { items: object[] };
    return items.length >= count ? { done: undefined } : { seen: `${items.length} of ${count}` };
  };
  await waitFor(`copies in ${namespace}`, look, COPY_SECONDS, 3000);
}
