/** Reads clusters: everything of some namespaces for `status`, one Service again and again for `migrate`. */
import { SERVICE_NAME, SHADOW_OF } from "../../shared/keys.ts";
import type { CallOptions, KubeClient } from "../../shared/kube/client.ts";
import { getIfExists } from "../../shared/kube/lookup.ts";
import type { EndpointSlice, Endpoints, KubeObject, Service } from "../../shared/kube/objects.ts";
import { endpointSlices, endpoints, namespaces, services } from "../../shared/kube/resources.ts";
import { hashedShadowName, shadowName } from "../../shared/names.ts";
import type { ServiceKey } from "../../shared/protocol/snapshot.ts";
import { isForbidden } from "./identity.ts";
import type { ClusterObjects } from "./view.ts";

/** Everything of one namespace, or of all if it is undefined. Rejects with `ApiError`. */
export async function readNamespace(
  client: KubeClient,
  namespace: string | undefined,
  options: CallOptions,
): Promise<ClusterObjects> {
  const at = (paths: typeof services) => (namespace === undefined ? paths.all : paths.in(namespace));
  const [serviceList, sliceList, endpointsList, known] = await Promise.all([
    client.list<Service>(at(services), options),
    client.list<EndpointSlice>(at(endpointSlices), options),
    client.list<Endpoints>(at(endpoints), options),
    readNamespaces(client, namespace, options),
  ]);
  return { services: serviceList.items, slices: sliceList.items, endpoints: endpointsList.items, namespaces: known };
}

/** `namespace/name` of the Services a label selector chooses. Rejects with `ApiError`, also for a selector that is none. */
export async function listMatching(
  client: KubeClient,
  namespace: string | undefined,
  labelSelector: string,
  options: CallOptions,
): Promise<string[]> {
  const path = namespace === undefined ? services.all : services.in(namespace);
  const { items } = await client.list<Service>(path, { ...options, labelSelector });
  return items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

/** What belongs to one Service. Rejects with `ApiError`. */
export async function readService(client: KubeClient, key: ServiceKey, options: CallOptions): Promise<ClusterObjects> {
  const { namespace, name } = key;
  // Services first, slices after: a selector seen restored is then never seen without the slices it had before.
  const [service, shadows, plain, known] = await Promise.all([
    getIfExists<Service>(client, services.one(namespace, name), options),
    client.list<Service>(services.in(namespace), { ...options, labelSelector: `${SHADOW_OF}=${name}` }),
    getIfExists<Service>(client, services.one(namespace, shadowName(name)), options),
    readNamespaces(client, namespace, options),
  ]);
  const names = [...new Set([name, shadowName(name), hashedShadowName(name)])].join(",");
  const [slices, endpointsObject] = await Promise.all([
    client.list<EndpointSlice>(endpointSlices.in(namespace), {
      ...options,
      labelSelector: `${SERVICE_NAME} in (${names})`,
    }),
    getIfExists<Endpoints>(client, endpoints.one(namespace, name), options),
  ]);
  const found = [service, plain, ...shadows.items].filter((object) => object !== undefined);
  return {
    services: [...new Map(found.map((object) => [object.metadata.name, object])).values()],
    slices: slices.items,
    endpoints: endpointsObject ? [endpointsObject] : [],
    namespaces: known,
  };
}

/** Namespaces are cluster-wide objects; who may not see them is told only what the objects inside show. */
async function readNamespaces(
  client: KubeClient,
  namespace: string | undefined,
  options: CallOptions,
): Promise<ReadonlySet<string> | undefined> {
  try {
    const found =
      namespace === undefined
        ? (await client.list(namespaces.all, options)).items
        : [await getIfExists<KubeObject>(client, namespaces.one(namespace), options)];
    return new Set(
      found.flatMap((object) => (object && !object.metadata.deletionTimestamp ? [object.metadata.name] : [])),
    );
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}
