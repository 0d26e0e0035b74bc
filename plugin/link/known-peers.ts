/** The peers that the sync process of a cluster remembers, in the ConfigMap `syndicate-known-peers`. */
import { KNOWN_PEERS_CONFIGMAP, SYSTEM_NAMESPACE } from "../../shared/keys.ts";
import { classifyError } from "../../shared/kube/api-error.ts";
import type { CallOptions, KubeClient, WriteOptions } from "../../shared/kube/client.ts";
import { getIfExists } from "../../shared/kube/lookup.ts";
import type { KubeObject } from "../../shared/kube/objects.ts";
import { configMaps } from "../../shared/kube/resources.ts";

const PATH = configMaps.one(SYSTEM_NAMESPACE, KNOWN_PEERS_CONFIGMAP);

/** Names of all peers that were met and neither unlinked nor forgotten since. Rejects with `ApiError`. */
export async function readKnownPeers(client: KubeClient, call: CallOptions): Promise<string[]> {
  const found = await getIfExists<KubeObject & { data?: Record<string, string> }>(client, PATH, call);
  return Object.keys(found?.data ?? {});
}

/** Takes a name off the list: without a kubeconfig it is no peer any more. Rejects with `ApiError`. */
export async function dropKnownPeer(client: KubeClient, name: string, options: WriteOptions): Promise<void> {
  try {
    await client.patch(PATH, { data: { [name]: null } }, "merge", options);
  } catch (error) {
    // No list: no peer was ever met.
    if (classifyError(error) !== "notFound") throw error;
  }
}
