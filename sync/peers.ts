/** The peers: one kubeconfig file each, connected, proven to be who they say, and followed as the files come and go. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { IDENTITY_CONFIGMAP } from "../shared/keys.ts";
import { createClient, type KubeClient } from "../shared/kube/client.ts";
import type { ClusterCredentials } from "../shared/kube/credentials.ts";
import { parsePeerKubeconfig } from "../shared/kube/kubeconfig.ts";
import { configMaps } from "../shared/kube/resources.ts";
import { type ClusterEvents, WatchedCluster } from "./cluster.ts";
import { type ConfigMap, readClusterUid } from "./identity.ts";
import { getIfExists } from "./lookup.ts";

/** How often the folder is read: Kubernetes itself takes up to a minute to bring a changed Secret into a Pod. */
const POLL_MS = 5_000;

export interface PeersOptions {
  folder: string;
  ownName: string;
  ownUid: string;
  /** Our namespace, in the peers too. */
  namespace: string;
  /** Events of one peer. */
  events(name: string): ClusterEvents;
  /** The set of peers changed: every key has to be looked at. */
  onPeers(): void;
  /** A file or a cluster behind it is refused; said once for each text. */
  onRefused(name: string, reason: string): void;
}

interface Peer {
  name: string;
  /** Text of the file it was made from. */
  text: string;
  client?: KubeClient;
  cluster?: WatchedCluster;
  refused?: string;
}

/** Follows the folder until stopped. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #peers = new Map<string, Peer>();
  /** uid by name, kept for good: a name that comes to mean another cluster is refused. */
  readonly #uids = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** Reads the folder once, then again every few seconds. */
  async start(): Promise<void> {
    await this.#look();
    this.#schedule();
  }

  /** Every known peer; one that is refused or was never reached has no cluster. A removed file leaves the peer known, unread. */
  get clusters(): ReadonlyMap<string, WatchedCluster | undefined> {
    return new Map([...this.#peers.values()].map((peer) => [peer.name, peer.cluster]));
  }

  /** Why a peer is refused; undefined if it is not. */
  refusal(name: string): string | undefined {
    return this.#peers.get(name)?.refused;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await Promise.all([...this.#peers.values()].map((peer) => disconnect(peer)));
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#look().finally(() => this.#schedule());
    }, POLL_MS);
  }

  async #look(): Promise<void> {
    const files = await readFiles(this.#options.folder);
    for (const [name, text] of files) {
      const known = this.#peers.get(name);
      if (known?.text === text && known.cluster) continue;
      if (known?.cluster && known.client) await this.#rotate(known, text);
      else await this.#connect(name, text);
    }
    for (const peer of this.#peers.values()) {
      if (files.has(peer.name) || peer.text === "") continue;
      // A missing file means unreachable, never gone: what was read last stays known.
      await disconnect(peer);
      const { name, cluster } = peer;
      this.#peers.set(name, {
        name,
        text: "",
        refused: "its kubeconfig file is gone",
        ...(cluster ? { cluster } : {}),
      });
      this.#options.onRefused(peer.name, "its kubeconfig file is gone; what came from it is kept as it is");
      this.#options.onPeers();
    }
  }

  async #connect(name: string, text: string): Promise<void> {
    const before = this.#peers.get(name)?.refused;
    const peer: Peer = { name, text };
    try {
      const credentials = parsePeerKubeconfig(text, name);
      peer.client = createClient(credentials, { cluster: name });
      await this.#checkIdentity(name, peer.client);
      peer.cluster = follow(peer.client, name, credentials, this.#options.events(name));
    } catch (error) {
      peer.refused = (error as Error).message;
      if (peer.refused !== before) this.#options.onRefused(name, peer.refused);
      await peer.client?.close();
      delete peer.client;
    }
    this.#peers.set(name, peer);
    if (peer.cluster || before === undefined) this.#options.onPeers();
  }

  /** New credentials for a connected peer: proven first, swapped then; a bad file leaves the good ones in place. */
  async #rotate(peer: Peer, text: string): Promise<void> {
    try {
      const credentials = parsePeerKubeconfig(text, peer.name);
      const candidate = createClient(credentials, { cluster: peer.name });
      await this.#checkIdentity(peer.name, candidate).finally(() => candidate.close());
      await peer.client?.swap(credentials);
      peer.cluster?.limitTo(credentials.podCIDRs);
      peer.text = text;
      delete peer.refused;
      this.#options.onPeers();
    } catch (error) {
      const reason = `new kubeconfig not used: ${(error as Error).message}`;
      if (reason !== peer.refused) this.#options.onRefused(peer.name, reason);
      peer.refused = reason;
    }
  }

  /** Rejects unless the cluster behind the client is the one that this name has meant so far, and no other known one. */
  async #checkIdentity(name: string, client: KubeClient): Promise<void> {
    const { ownName, ownUid, namespace } = this.#options;
    const uid = await readClusterUid(client);
    await checkName(client, namespace, name);
    if (name === ownName) throw new Error(`the file is named like this cluster itself (${ownName})`);
    if (uid === ownUid) throw new Error("it leads to this cluster itself");
    const before = this.#uids.get(name);
    if (before !== undefined && before !== uid)
      throw new Error(`it is another cluster than before (${uid}, was ${before})`);
    const twin = [...this.#uids].find(([other, known]) => other !== name && known === uid);
    if (twin) throw new Error(`it leads to the same cluster as ${twin[0]}`);
    this.#uids.set(name, uid);
  }
}

/** The name in the peer's own identity must be the file's: intents name clusters. A peer not installed yet says nothing. */
async function checkName(client: KubeClient, namespace: string, name: string): Promise<void> {
  const path = configMaps.one(namespace, IDENTITY_CONFIGMAP);
  const identity = await getIfExists<ConfigMap>(client, path);
  const said = identity?.data?.["clusterName"];
  if (said !== undefined && said !== name) {
    throw new Error(`the cluster calls itself "${said}": name its kubeconfig file so`);
  }
}

function follow(client: KubeClient, name: string, credentials: ClusterCredentials, events: ClusterEvents) {
  const cluster = new WatchedCluster(name, client, credentials.podCIDRs, events);
  cluster.start(false);
  return cluster;
}

async function disconnect(peer: Peer): Promise<void> {
  await peer.cluster?.stop();
  await peer.client?.close();
}

/** File name → text. Dot files and Kubernetes' `..data` are no peers; a missing folder means none. */
async function readFiles(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const files = new Map<string, string>();
  for (const name of names.filter((candidate) => !candidate.startsWith("."))) {
    const text = await readFile(join(folder, name), "utf8").catch(() => undefined);
    if (text !== undefined) files.set(name, text);
  }
  return files;
}
