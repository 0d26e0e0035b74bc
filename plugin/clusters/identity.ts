/** Who a cluster is, as its sync process says in the ConfigMap `syndicate-identity`, and whether that process is alive. */
import { IDENTITY_CONFIGMAP, LEASE, SYSTEM_NAMESPACE } from "../../shared/keys.ts";
import { ApiError, classifyError } from "../../shared/kube/api-error.ts";
import type { CallOptions, KubeClient } from "../../shared/kube/client.ts";
import type { KubeObject } from "../../shared/kube/objects.ts";
import { configMaps, leases, namespaces } from "../../shared/kube/resources.ts";
import type { Settings } from "../../shared/protocol/snapshot.ts";

export interface Identity {
  /** The name peers know this cluster by. */
  clusterName: string;
  /** uid of its namespace kube-system, as it says itself. */
  clusterUid?: string;
  version: string;
  /** Empty where nobody configured them. */
  podCIDRs: readonly string[];
  scope: { watch: readonly string[]; exclude: readonly string[] };
  settings: Settings;
  /** Names of the clusters it reads; undefined where the sync process does not say. */
  peers?: readonly string[];
  /** uids of those it has met, by name. */
  peerUids?: Readonly<Record<string, string>>;
}

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

interface Lease extends KubeObject {
  spec?: { holderIdentity?: string | null; renewTime?: string | null; leaseDurationSeconds?: number | null };
}

/** The identity in a ConfigMap's data; undefined if it names no cluster. */
export function parseIdentity(data: Readonly<Record<string, string>>): Identity | undefined {
  const clusterName = data["clusterName"];
  if (!clusterName) return undefined;
  const { peers, clusterUid } = data;
  const peerUids = parseUids(data["peerUids"]);
  return {
    clusterName,
    version: data["version"] ?? "",
    podCIDRs: splitList(data["podCIDRs"]),
    scope: parseScope(data["scope"]),
    settings: {
      unionSelector: data["unionSelector"] === "keep" ? "keep" : "strip",
      endpoints: data["endpoints"] === "off" ? "off" : "mirror",
    },
    ...(clusterUid ? { clusterUid } : {}),
    ...(peers === undefined ? {} : { peers: splitList(peers) }),
    ...(peerUids ? { peerUids } : {}),
  };
}

function splitList(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);
}

function parseUids(text: string | undefined): Record<string, string> | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Record<string, string>);
  } catch {
    return undefined;
  }
}

function parseScope(text: string | undefined): Identity["scope"] {
  try {
    const { watch, exclude } = JSON.parse(text ?? "{}") as { watch?: string[]; exclude?: string[] };
    return { watch: watch ?? [], exclude: exclude ?? [] };
  } catch {
    return { watch: [], exclude: [] };
  }
}

/** True if Services of this namespace take part in the cluster. */
export function isInScope({ scope }: Identity, namespace: string): boolean {
  if (namespace === SYSTEM_NAMESPACE || scope.exclude.includes(namespace)) return false;
  return scope.watch.length === 0 || scope.watch.includes(namespace);
}

/** The cluster's identity; undefined where the sync process is not installed. Rejects with `ApiError`. */
export async function readIdentity(client: KubeClient, options: CallOptions): Promise<Identity | undefined> {
  const found = await getIfExists<ConfigMap>(client, configMaps.one(SYSTEM_NAMESPACE, IDENTITY_CONFIGMAP), options);
  return parseIdentity(found?.data ?? {});
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

/** The object at a path, or undefined where there is none. Rejects with `ApiError` for any other reason. */
export async function getIfExists<T extends KubeObject>(
  client: KubeClient,
  path: string,
  options: CallOptions,
): Promise<T | undefined> {
  try {
    return await client.get<T>(path, options);
  } catch (error) {
    if (classifyError(error) === "notFound") return undefined;
    throw error;
  }
}

/** True if the caller has no right to what it asked for. */
export function isForbidden(error: unknown): boolean {
  return error instanceof ApiError && classifyError(error) === "forbidden";
}
