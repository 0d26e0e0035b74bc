/** Which cluster each peer's name stands for, kept in the ConfigMap `syndicate-known-peers`: a restart must not trust anew. */
import { KNOWN_PEERS_CONFIGMAP } from "../shared/keys.ts";
import { classifyError } from "../shared/kube/api-error.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import { getIfExists } from "../shared/kube/lookup.ts";
import { configMaps } from "../shared/kube/resources.ts";
import type { ConfigMap } from "./identity.ts";

/** Peer name → uid of its namespace kube-system. */
export interface PeerList {
  /** What is known by now; undefined while nothing was ever kept. Rejects with `ApiError`. */
  load(): Promise<Map<string, string> | undefined>;
  /** Remembers a name's uid; undefined ends it. Rejects with `ApiError`. */
  keep(name: string, uid: string | undefined): Promise<void>;
}

/** The names as the API server keeps them. One key is written at a time, so several processes do not get in each other's way. */
export function storeKnownPeers(client: KubeClient, namespace: string): PeerList {
  const path = configMaps.one(namespace, KNOWN_PEERS_CONFIGMAP);
  const metadata = { name: KNOWN_PEERS_CONFIGMAP, namespace, labels: { "app.kubernetes.io/name": "syndicate" } };
  const ensure = async () => {
    try {
      await client.create(configMaps.in(namespace), { apiVersion: "v1", kind: "ConfigMap", metadata });
    } catch (error) {
      // Another process, or this one for another peer, was faster.
      if (classifyError(error) !== "alreadyExists") throw error;
    }
  };
  return {
    async load() {
      const list = await getIfExists<ConfigMap>(client, path);
      return list && new Map(Object.entries(list.data ?? {}));
    },
    async keep(name, uid) {
      const write = () => client.patch(path, { data: { [name]: uid ?? null } }, "merge");
      try {
        await write();
      } catch (error) {
        if (classifyError(error) !== "notFound") throw error;
        if (uid === undefined) return;
        await ensure();
        await write();
      }
    },
  };
}
