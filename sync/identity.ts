/** Tells the other clusters who this one is: the ConfigMap `syndicate-identity` in our namespace. */
import type { Logger } from "pino";
import { type Identity, parseIdentity, renderIdentity, type Scope } from "../shared/identity.ts";
import { FIELD_MANAGER, IDENTITY_CONFIGMAP } from "../shared/keys.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import { getIfExists } from "../shared/kube/lookup.ts";
import type { KubeObject } from "../shared/kube/objects.ts";
import { configMaps, namespaces } from "../shared/kube/resources.ts";
import { equalMaps } from "../shared/protocol/copies.ts";
import { VERSION } from "../shared/version.ts";
import type { Config } from "./config.ts";

/** A ConfigMap as far as we use it. */
export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

/** What a cluster says about itself as far as its peers need it; one that is not installed yet says nothing. Rejects with `ApiError`. */
export async function readClaim(client: KubeClient, namespace: string): Promise<{ said?: string; scope?: Scope }> {
  const data = (await getIfExists<ConfigMap>(client, configMaps.one(namespace, IDENTITY_CONFIGMAP)))?.data;
  const { clusterName, scope } = parseIdentity(data ?? {}) ?? {};
  return { ...(clusterName === undefined ? {} : { said: clusterName }), ...(scope ? { scope } : {}) };
}

const UID_NAMESPACE = "kube-system";

/** uid of this cluster. Rejects with `ApiError`. */
export async function readClusterUid(client: KubeClient): Promise<string> {
  const { metadata } = await client.get(namespaces.one(UID_NAMESPACE));
  if (!metadata.uid) throw new Error(`namespace ${UID_NAMESPACE} has no uid`);
  return metadata.uid;
}

/**
 * Writes the identity if it is not there or, with `mayChange`, differs, and says which. Rejects with `ApiError`; class `conflict`
 * or `alreadyExists` means that another replica was faster: call again.
 */
export async function publishIdentity(
  client: KubeClient,
  namespace: string,
  identity: Identity,
  mayChange = true,
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
  if (!mayChange || equalMaps(data, existing.data ?? {})) return "unchanged";
  await client.replace(path, { ...existing, data }, options);
  return "updated";
}

/** How often the ConfigMap is looked after: somebody may delete or change it. */
const INTERVAL_MS = 15_000;

function tell({ peers, peerUids, refusals }: KnownPeers): Partial<Identity> {
  return { peers, peerUids, ...(refusals.size > 0 ? { peersRefused: Object.fromEntries(refusals) } : {}) };
}

export interface PublishedIdentity {
  /** Resolves after the first attempt; never rejects. */
  published: Promise<void>;
  /** Publishes now; never rejects. */
  publish(): Promise<void>;
  stop(): void;
}

/** What is known of the peers now. */
export interface KnownPeers {
  /** Names of those whose kubeconfig we hold. */
  peers: readonly string[];
  /** uids of those that were met, by name. */
  peerUids: Readonly<Record<string, string>>;
  /** Why some are refused, by name. */
  refusals: ReadonlyMap<string, string>;
}

export interface IdentityOptions {
  client: KubeClient;
  config: Config;
  clusterUid: string;
  known(): KnownPeers;
  /** Whether this process is the one that writes. */
  isLeader(): boolean;
  log: Logger;
}

/**
 * Publishes the identity now and keeps it published; failures are logged and tried again by the next turn. Two replicas may see
 * their peers differently: only the leader changes what is there, the others just see to it that there is one.
 */
export function startIdentity({
  client,
  config,
  clusterUid,
  known,
  isLeader,
  log,
}: IdentityOptions): PublishedIdentity {
  const { clusterName, podCIDRs, watch, exclude, settings } = config;
  const fixed = { clusterName, clusterUid, version: VERSION, podCIDRs, scope: { watch, exclude }, settings };
  const publish = () =>
    publishIdentity(client, config.namespace, { ...fixed, ...tell(known()) }, isLeader()).then(
      (result) => log.debug({ result }, "identity"),
      (error: unknown) => log.warn({ err: error }, "the identity of this cluster could not be published"),
    );
  const published = publish();
  const timer = setInterval(publish, INTERVAL_MS);
  return { published, publish, stop: () => clearInterval(timer) };
}
