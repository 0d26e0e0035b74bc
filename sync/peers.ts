/** The peers: one kubeconfig file each, connected, proven to be who they say, and followed as the files come and go. */
import { createClient, type KubeClient } from "../shared/kube/client.ts";
import { credentialsEnd } from "../shared/kube/credential-end.ts";
import { parsePeerKubeconfig } from "../shared/kube/kubeconfig.ts";
import type { QuotaLimits } from "../shared/kube/quota.ts";
import { endpointSlices, services } from "../shared/kube/resources.ts";
import { type ClusterEvents, WatchedCluster } from "./cluster.ts";
import { readClusterName, readClusterUid } from "./identity.ts";
import type { KnownPeers } from "./known-peers.ts";
import { refuseClaim } from "./peer-claim.ts";
import { type PeerFile, type PeerFolder, readPeerFolder } from "./peer-files.ts";

/** How often the folder is read: Kubernetes itself takes up to a minute to bring a changed Secret into a Pod. */
const POLL_MS = 5_000;

export interface PeersOptions {
  folder: string;
  ownName: string;
  ownUid: string;
  /** Our namespace, in the peers too. */
  namespace: string;
  /** How much of each kind of object is kept of a peer. */
  quota: QuotaLimits;
  /** Which cluster each name has stood for so far. */
  known: KnownPeers;
  /** Peers that an operator said are gone for good: not followed, and their names may come to mean other clusters. */
  forgotten(): ReadonlySet<string>;
  /** Events of one peer. */
  events(name: string): ClusterEvents;
  /** The set of peers changed: every key has to be looked at. */
  onPeers(): void;
  /** A file or a cluster behind it is refused; said once for each reason. */
  onRefused(name: string, reason: string): void;
  /** The folder as a whole cannot be read; everything stays as it is. */
  onError(error: unknown): void;
}

const NO_FILE = "its kubeconfig file is gone; what came from it is kept as it is";

interface Peer {
  name: string;
  /** The file it was made from; undefined: it is gone. */
  file: PeerFile | undefined;
  client?: KubeClient;
  cluster?: WatchedCluster;
  refused?: string;
  /** When the credentials in use end, milliseconds since 1970; undefined: they do not say. */
  endsAt?: number | undefined;
}

/** Follows the folder until stopped. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #peers = new Map<string, Peer>();
  /** uid by name, kept until the name is forgotten: one that comes to mean another cluster is refused. */
  readonly #uids = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** Reads the folder once, then again every few seconds. Rejects if what is known from before cannot be read. */
  async start(): Promise<void> {
    for (const [name, uid] of await this.#options.known.load()) {
      this.#uids.set(name, uid);
      this.#peers.set(name, { name, file: undefined, refused: NO_FILE });
    }
    await this.#look();
    this.#schedule();
  }

  /** Every known peer; one that is refused or was never reached has no cluster. A removed file leaves the peer known, unread. */
  get clusters(): ReadonlyMap<string, WatchedCluster | undefined> {
    return new Map([...this.#peers.values()].map((peer) => [peer.name, peer.cluster]));
  }

  /** Why peers are refused, by name. One whose new file is refused while the old one still serves is among them. */
  get refusals(): ReadonlyMap<string, string> {
    const refused = [...this.#peers.values()].flatMap(({ name, refused }) =>
      refused ? [[name, refused] as const] : [],
    );
    return new Map(refused);
  }

  /** When the file in use of each connected peer was written, and when what is in it ends; milliseconds since 1970. */
  get credentials(): ReadonlyMap<string, { changedAt: number; endsAt?: number }> {
    const known = [...this.#peers.values()].flatMap(({ name, file, client, endsAt }) =>
      file && client
        ? [[name, { changedAt: file.changedAt, ...(endsAt === undefined ? {} : { endsAt }) }] as const]
        : [],
    );
    return new Map(known);
  }

  /** The uid that each peer was proven to have, by name. */
  get uids(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#uids].sort(([a], [b]) => (a < b ? -1 : 1)));
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
    try {
      const { files, unreadable } = await this.#readFolder();
      for (const [name, reason] of unreadable) this.#refuse(this.#peers.get(name) ?? { name, file: undefined }, reason);
      // Side by side: one peer that does not answer must not keep the others waiting.
      await Promise.all([...files].map(([name, file]) => this.#lookAt(name, file)));
      const gone = [...this.#peers.values()].filter(
        ({ name, file }) => file && !files.has(name) && !unreadable.has(name),
      );
      for (const peer of gone) await this.#forsake(peer);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  /** The folder without the files of forgotten clusters, whose connections end. */
  async #readFolder(): Promise<PeerFolder> {
    const { files, unreadable } = await readPeerFolder(this.#options.folder);
    const forgotten = this.#options.forgotten();
    await Promise.all([...forgotten].map((name) => this.#forget(name)));
    const kept = <T>(entries: ReadonlyMap<string, T>) => new Map([...entries].filter(([name]) => !forgotten.has(name)));
    return { files: kept(files), unreadable: kept(unreadable) };
  }

  /** Ends the connection and what is known of the name. A write that fails is tried again by the next look. */
  async #forget(name: string): Promise<void> {
    const peer = this.#peers.get(name);
    this.#peers.delete(name);
    if (peer) await disconnect(peer);
    if (!this.#uids.has(name)) return;
    await this.#options.known.keep(name, undefined);
    this.#uids.delete(name);
  }

  async #lookAt(name: string, file: PeerFile): Promise<void> {
    const known = this.#peers.get(name);
    if (!known?.cluster || !known.client) return this.#connect(name, file);
    if (known.file?.text !== file.text) return this.#rotate(known, known.client, file);
    // Back to the file in use: whatever was wrong with another one is over.
    delete known.refused;
  }

  /** A missing file means unreachable, never gone: what was read last stays known. */
  async #forsake(peer: Peer): Promise<void> {
    await disconnect(peer);
    const { name, cluster } = peer;
    const left: Peer = { name, file: undefined, ...(cluster ? { cluster } : {}) };
    this.#refuse(left, NO_FILE);
    this.#options.onPeers();
  }

  async #connect(name: string, file: PeerFile): Promise<void> {
    const before = this.#peers.get(name);
    let client: KubeClient | undefined;
    try {
      const credentials = parsePeerKubeconfig(file.text, name);
      client = createClient(credentials, { cluster: name });
      await this.#prove(name, client);
      const cluster = new WatchedCluster(name, client, credentials.podCIDRs, this.#options.events(name));
      cluster.start(false, this.#options.quota);
      this.#peers.set(name, { name, file, client, cluster, endsAt: credentialsEnd(credentials) });
      this.#options.onPeers();
    } catch (error) {
      // What was known of a peer that once was connected is kept, as if its file had never come back.
      const { cluster } = before ?? {};
      this.#refuse({ name, file, ...(cluster ? { cluster } : {}), ...refusedBefore(before) }, (error as Error).message);
      if (!before) this.#options.onPeers();
      await client?.close();
    }
  }

  /** New credentials for a connected peer: proven first, swapped then; a bad file leaves the good ones in place. */
  async #rotate(peer: Peer, client: KubeClient, file: PeerFile): Promise<void> {
    try {
      const credentials = parsePeerKubeconfig(file.text, peer.name);
      const candidate = createClient(credentials, { cluster: peer.name });
      await this.#prove(peer.name, candidate).finally(() => candidate.close());
      await client.swap(credentials);
      peer.cluster?.limitTo(credentials.podCIDRs);
      peer.file = file;
      peer.endsAt = credentialsEnd(credentials);
      delete peer.refused;
      this.#options.onPeers();
    } catch (error) {
      this.#refuse(peer, `new kubeconfig not used: ${(error as Error).message}`);
    }
  }

  #refuse(peer: Peer, reason: string): void {
    const isNew = peer.refused !== reason;
    peer.refused = reason;
    this.#peers.set(peer.name, peer);
    if (isNew) this.#options.onRefused(peer.name, reason);
  }

  /** Rejects unless these credentials lead to the right cluster and may do there what they are for. */
  async #prove(name: string, client: KubeClient): Promise<void> {
    await this.#checkIdentity(name, client);
    for (const path of [services.all, endpointSlices.all]) await client.pages(path, { limit: 1 }).next();
  }

  /** Rejects unless the cluster behind the client is the one that this name has meant so far, and no other known one. */
  async #checkIdentity(name: string, client: KubeClient): Promise<void> {
    const { ownName, ownUid, namespace } = this.#options;
    const uid = await readClusterUid(client);
    const said = await readClusterName(client, namespace);
    const reason = refuseClaim({ name, uid, said }, { name: ownName, uid: ownUid }, this.#uids);
    if (reason !== undefined) throw new Error(reason);
    const before = this.#uids.get(name);
    this.#uids.set(name, uid);
    if (before === undefined) await this.#remember(name, uid);
  }

  /** What could not be kept across a restart is not trusted now. */
  async #remember(name: string, uid: string): Promise<void> {
    try {
      await this.#options.known.keep(name, uid);
    } catch (error) {
      this.#uids.delete(name);
      throw error;
    }
  }
}

async function disconnect(peer: Peer): Promise<void> {
  await peer.cluster?.stop();
  await peer.client?.close();
}

function refusedBefore(peer: Peer | undefined): Pick<Peer, "refused"> {
  return peer?.refused === undefined ? {} : { refused: peer.refused };
}
