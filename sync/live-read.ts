/** One Service read afresh from one cluster, right before a critical write. */
import { SERVICE_NAME, SHADOW_OF } from "../shared/keys.ts";
import { errorFromContent } from "../shared/kube/api-error.ts";
import { getIfExists } from "../shared/kube/lookup.ts";
import { type EndpointSlice, type Endpoints, label, type Service } from "../shared/kube/objects.ts";
import { endpointSlices, endpoints, services } from "../shared/kube/resources.ts";
import type { ServiceKey } from "../shared/protocol/snapshot.ts";
import type { WatchedCluster } from "./cluster.ts";
import { checkService, checkSlice } from "./shape.ts";

/** The few objects of one Service; a worker waits for them. */
const PEER_LIST_MS = 30_000;

/**
 * The objects of one Service as a cluster has them now. Rejects with `ApiError`. A peer may neither keep a worker for long, nor fill the
 * memory, nor say what no API server says.
 */
export async function readLive(cluster: WatchedCluster, { namespace, name }: ServiceKey, own: boolean) {
  const { client, quota } = cluster;
  const bounds = own ? {} : { quota, totalMs: PEER_LIST_MS };
  const path = services.one(namespace, name);
  const [service, { items: shadows }] = await Promise.all([
    getIfExists<Service>(client, path),
    client.list<Service>(services.in(namespace), { ...bounds, labelSelector: `${SHADOW_OF}=${name}` }),
  ]);
  if (!own) checkAll(client.cluster, path, [...(service ? [service] : []), ...shadows], checkService);
  const shadow = ownedShadow(shadows, { namespace, name }, service);
  const names = [name, ...(shadow ? [shadow.metadata.name] : [])].join(",");
  const slicesPath = endpointSlices.in(namespace);
  const [{ items: slices }, endpointsObject] = await Promise.all([
    client.list<EndpointSlice>(slicesPath, { ...bounds, labelSelector: `${SERVICE_NAME} in (${names})` }),
    own ? getIfExists<Endpoints>(client, endpoints.one(namespace, name)) : undefined,
  ]);
  if (!own) checkAll(client.cluster, slicesPath, slices, checkSlice);
  return { service, shadow, shadows, slices, endpointsObject };
}

function checkAll<T>(cluster: string, path: string, objects: readonly T[], check: (object: T) => void): void {
  try {
    for (const object of objects) check(object);
  } catch (error) {
    throw errorFromContent({ cluster, path }, error);
  }
}

/** A shadow whose owner is not the live Service is on its way out: it counts as absent. */
export function ownedShadow(
  found: readonly Service[],
  key: ServiceKey,
  service: Service | undefined,
): Service | undefined {
  return found.find(
    (object) =>
      label(object, SHADOW_OF) === key.name &&
      object.metadata.deletionTimestamp === undefined &&
      object.metadata.ownerReferences?.[0]?.uid === service?.metadata.uid,
  );
}
