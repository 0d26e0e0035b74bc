/** Tells the other clusters who this one is: the ConfigMap `syndicate-identity` in our namespace. */
import type { Logger } from "pino";
import { FIELD_MANAGER, IDENTITY_CONFIGMAP } from "../shared/keys.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import type { KubeObject } from "../shared/kube/objects.ts";
import { configMaps, namespaces } from "../shared/kube/resources.ts";
import { equalMaps } from "../shared/protocol/copies.ts";
import type { Settings } from "../shared/protocol/snapshot.ts";
import { VERSION } from "../shared/version.ts";
import type { Config } from "./config.ts";
import { getIfExists } from "./lookup.ts";

/** Which namespaces take part here. */
export interface Scope {
  /** `NSTOWATCH`; empty means all. */
  watch: readonly string[];
  /** `EXCLUDE`. */
  exclude: readonly string[];
}

/** The scope in an identity's data; undefined if there is none that can be read. */
function parseScope(text: string | undefined): Scope | undefined {
  try {
    const { watch, exclude } = JSON.parse(text ?? "") as Partial<Scope>;
    return Array.isArray(watch) && Array.isArray(exclude) ? { watch, exclude } : undefined;
  } catch {
    return undefined;
  }
}

/** What a cluster says about itself. */
export interface Identity {
  clusterName: string;
  /** uid of the namespace kube-system: the one name a cluster never shares with another, nor ever changes. */
  clusterUid: string;
  /** Version of the sync process. */
  version: string;
  /** Empty where nobody configured them. */
  podCIDRs: readonly string[];
  scope: Scope;
  /** The settings the protocol is decided with here: whoever judges this cluster from outside needs them. */
  settings: Settings;
  /** Names of the peers whose kubeconfig this cluster holds. */
  peers: readonly string[];
  /** uid of each peer that was met, by name: a person's contexts are held against them. */
  peerUids: Readonly<Record<string, string>>;
  /** Why peers, or their new kubeconfigs, are refused; by name. */
  refusals: ReadonlyMap<string, string>;
}

/** A ConfigMap as far as we use it. */
export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

/** What a cluster says about itself as far as its peers need it; one that is not installed yet says nothing. Rejects with `ApiError`. */
export async function readClaim(client: KubeClient, namespace: string): Promise<{ said?: string; scope?: Scope }> {
  const data = (await getIfExists<ConfigMap>(client, configMaps.one(namespace, IDENTITY_CONFIGMAP)))?.data;
  const said = data?.["clusterName"];
  const scope = parseScope(data?.["scope"]);
  return { ...(said === undefined ? {} : { said }), ...(scope ? { scope } : {}) };
}

const UID_NAMESPACE = "kube-system";

/** uid of this cluster. Rejects with `ApiError`. */
export async function readClusterUid(client: KubeClient): Promise<string> {
  const { metadata } = await client.get(namespaces.one(UID_NAMESPACE));
  if (!metadata.uid) throw new Error(`namespace ${UID_NAMESPACE} has no uid`);
  return metadata.uid;
}

/** The data of the ConfigMap; a field that says nothing is left out. */
export function renderIdentity(identity: Identity): Record<string, string> {
  return {
    clusterName: identity.clusterName,
    clusterUid: identity.clusterUid,
    version: identity.version,
    scope: JSON.stringify({ watch: identity.scope.watch, exclude: identity.scope.exclude }),
    unionSelector: identity.settings.unionSelector,
    endpoints: identity.settings.endpoints,
    peers: [...identity.peers].sort().join(","),
    peerUids: JSON.stringify(identity.peerUids),
    ...(identity.refusals.size > 0 ? { peersRefused: JSON.stringify(Object.fromEntries(identity.refusals)) } : {}),
    ...(identity.podCIDRs.length > 0 ? { podCIDRs: identity.podCIDRs.join(",") } : {}),
  };
}

/**
 * Writes the identity if it is not there or differs, and says which. Rejects with `ApiError`; class `conflict` or
 * `alreadyExists` means that another replica was faster: call again.
 */
export async function publishIdentity(
  client: KubeClient,
  namespace: string,
  identity: Identity,
): Promise<"created" | "updated" | "unchanged"> {
  const data = renderIdentity(identity);
  const path = configMaps.one(namespace, IDENTITY_CONFIGMAP);
  const existing = await getIfExists<ConfigMap>(client, path);
  const options = { fieldManager: FIELD_MANAGER };
  const labels = { "app.kubernetes.io/name": "syndicate" };
  if (!existing) {
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: IDENTITY_CONFIGMAP, namespace, labels },
      data,
    };
    await client.create(configMaps.in(namespace), object, options);
    return "created";
  }
  if (equalMaps(data, existing.data ?? {})) return "unchanged";
  await client.replace(path, { ...existing, data }, options);
  return "updated";
}

/** How often the ConfigMap is looked after: somebody may delete or change it. */
const INTERVAL_MS = 15_000;

export interface PublishedIdentity {
  /** Resolves after the first attempt; never rejects. */
  published: Promise<void>;
  stop(): void;
}

export interface IdentityOptions {
  client: KubeClient;
  config: Config;
  clusterUid: string;
  /** What is known of the peers now. */
  known(): Pick<Identity, "peers" | "peerUids" | "refusals">;
  log: Logger;
}

/** Publishes the identity now and keeps it published; failures are logged and tried again by the next turn. */
export function startIdentity({ client, config, clusterUid, known, log }: IdentityOptions): PublishedIdentity {
  const { clusterName, podCIDRs, watch, exclude, settings } = config;
  const fixed = { clusterName, clusterUid, version: VERSION, podCIDRs, scope: { watch, exclude }, settings };
  const publish = () =>
    publishIdentity(client, config.namespace, { ...fixed, ...known() }).then(
      (result) => log.debug({ result }, "identity"),
      (error: unknown) => log.warn({ err: error }, "the identity of this cluster could not be published"),
    );
  const published = publish();
  const timer = setInterval(publish, INTERVAL_MS);
  return { published, stop: () => clearInterval(timer) };
}
