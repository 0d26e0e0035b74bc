/** The Secret with the peers' kubeconfigs, which is mounted into the sync container. */
import { PEERS_SECRET, SYSTEM_NAMESPACE } from "../../shared/keys.ts";
import type { CallOptions, KubeClient, WriteOptions } from "../../shared/kube/client.ts";
import { getIfExists } from "../../shared/kube/lookup.ts";
import type { KubeObject } from "../../shared/kube/objects.ts";
import { secrets } from "../../shared/kube/resources.ts";

/** A Secret as far as we use it; values in base64. */
export interface Secret extends KubeObject {
  data?: Record<string, string>;
}

/** What the Secret holds. */
export interface PeerFiles {
  /** Kubeconfig by the name of the peer. */
  files: ReadonlyMap<string, string>;
  /** Undefined where there is no such Secret yet. */
  resourceVersion: string | undefined;
}

const PATH = secrets.one(SYSTEM_NAMESPACE, PEERS_SECRET);

/** The files. Rejects with `ApiError`. */
export async function readPeerFiles(client: KubeClient, call: CallOptions): Promise<PeerFiles> {
  const secret = await getIfExists<Secret>(client, PATH, call);
  const entries = Object.entries(secret?.data ?? {}).filter(([name]) => !name.startsWith("."));
  return {
    files: new Map(entries.map(([name, value]) => [name, Buffer.from(value, "base64").toString("utf8")])),
    resourceVersion: secret?.metadata.resourceVersion,
  };
}

/** Writes one file, or removes it; rejects with `ApiError`, class `conflict` if somebody else wrote meanwhile. */
export async function writePeerFile(
  client: KubeClient,
  { resourceVersion }: PeerFiles,
  name: string,
  text: string | undefined,
  options: WriteOptions,
): Promise<void> {
  const value = text === undefined ? null : Buffer.from(text).toString("base64");
  if (resourceVersion !== undefined) {
    await client.patch(PATH, { metadata: { resourceVersion }, data: { [name]: value } }, "merge", options);
    return;
  }
  const labels = { "app.kubernetes.io/name": "syndicate" };
  const metadata = { name: PEERS_SECRET, namespace: SYSTEM_NAMESPACE, labels };
  const body = { apiVersion: "v1", kind: "Secret", metadata, type: "Opaque", data: { [name]: value } };
  await client.create(secrets.in(SYSTEM_NAMESPACE), body, options);
}
