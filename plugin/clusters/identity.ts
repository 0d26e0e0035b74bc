/** Who a cluster is, as its sync process says in the ConfigMap `syndicate-identity`, and whether that process is alive. */
import { type Identity, parseIdentity, type Scope } from "../../shared/identity.ts";
import { IDENTITY_CONFIGMAP, LEASE, ORDERS_CONFIGMAP, SYSTEM_NAMESPACE } from "../../shared/keys.ts";
import { ApiError, classifyError } from "../../shared/kube/api-error.ts";
import type { CallOptions, KubeClient } from "../../shared/kube/client.ts";
import { getIfExists } from "../../shared/kube/lookup.ts";
import type { KubeObject } from "../../shared/kube/objects.ts";
import { configMaps, leases, namespaces } from "../../shared/kube/resources.ts";
import { type Orders, parseOrders } from "../../shared/orders.ts";

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

interface Lease extends KubeObject {
  spec?: { holderIdentity?: string | null; renewTime?: string | null; leaseDurationSeconds?: number | null };
}

/** What is said of a cluster that does not say. */
const EVERYTHING: Scope = { watch: [], exclude: [] };

/** True if Services of this namespace take part in the cluster. */
export function isInScope({ scope = EVERYTHING }: Identity, namespace: string): boolean {
  if (namespace === SYSTEM_NAMESPACE || scope.exclude.includes(namespace)) return false;
  return scope.watch.length === 0 || scope.watch.includes(namespace);
}

/** The cluster's identity; undefined where the sync process is not installed. Rejects with `ApiError`. */
export async function readIdentity(client: KubeClient, options: CallOptions): Promise<Identity | undefined> {
  const found = await getIfExists<ConfigMap>(client, configMaps.one(SYSTEM_NAMESPACE, IDENTITY_CONFIGMAP), options);
  return parseIdentity(found?.data ?? {});
}

/** What its operator told the sync process of the cluster `ownName`. Rejects with `ApiError`. */
export async function readOrders(client: KubeClient, ownName: string, options: CallOptions): Promise<Orders> {
  const found = await getIfExists<ConfigMap>(client, configMaps.one(SYSTEM_NAMESPACE, ORDERS_CONFIGMAP), options);
  return parseOrders(found?.data ?? {}, ownName).orders;
}

/** uid of the cluster. Rejects with `ApiError`. */
export async function readClusterUid(client: KubeClient, options: CallOptions): Promise<string> {
  const { metadata } = await client.get(namespaces.one("kube-system"), options);
  return metadata.uid ?? "";
}

/** What the Lease of the active sync process says; undefined where there is none. */
export interface Heartbeat {
  holder: string;
  /** Text of the last renewal: another text later means that the process is alive. */
  renewed: string;
}

/** The heartbeat of the cluster's sync process. Rejects with `ApiError`. */
export async function readHeartbeat(client: KubeClient, options: CallOptions): Promise<Heartbeat | undefined> {
  const lease = await getIfExists<Lease>(client, leases.one(SYSTEM_NAMESPACE, LEASE), options);
  if (!lease?.spec?.holderIdentity) return undefined;
  return { holder: lease.spec.holderIdentity, renewed: lease.spec.renewTime ?? "" };
}

/** True if the caller has no right to what it asked for. */
export function isForbidden(error: unknown): boolean {
  return error instanceof ApiError && classifyError(error) === "forbidden";
}
