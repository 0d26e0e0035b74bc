/** The peers: one kubeconfig file each, connected, proven to be who they say, and followed as the files come and go. */
import { isDeepStrictEqual } from "node:util";
import type { KubeClient } from "../shared/kube/client.ts";
import { type CredentialLife, readCredentialLife } from "../shared/kube/credential-life.ts";
import type { QuotaLimits } from "../shared/kube/quota.ts";
import { WatchedCluster } from "./cluster.ts";
import type { ClusterEvents } from "./cluster-events.ts";
import { disconnect, noteUnchecked, type Peer, refusedBefore } from "./peer.ts";
import { type PeerFile, type PeerFolder, readPeerFolder } from "./peer-files.ts";
import { PeerIdentities, type PeerIdentitiesOptions, RefusedPeer } from "./peer-identities.ts";
import { type Introduction, introduce, type PeerProof, PeerProofs } from "./peer-proof.ts";

/** Kubernetes itself takes up to a minute to bring a changed Secret into a Pod. */
const POLL_MS = 5_000;
const CHECK_MS = 60_000;

export interface PeersOptions extends PeerIdentitiesOptions {
  folder: string;
  /** Our namespace, in the peers too. */
  namespace: string;
  /** How much of each kind of object is kept of a peer. */
  quota: QuotaLimits;
  /** Peers that an operator said are gone for good: not followed, and their names may come to mean other clusters. */
  forgotten(): ReadonlySet<string>;
  /** How often the folder is read, milliseconds. Default 5,000. */
  pollMs?: number;
  /** How often a connected peer is asked who it is, and which namespaces take part there, milliseconds. Default 60,000. */
  checkMs?: number;
  /** Events of one peer. */
  events(name: string): ClusterEvents;
  /** The set of peers changed: every key has to be looked at. */
  onPeers(): void;
  /** A file or a cluster behind it is refused; said once for each reason. */
  onRefused(name: string, reason: string): void;
  /** A connected peer cannot be asked who it is now, and is followed on; said once for each reason, until it could be asked. */
  onUnchecked(name: string, reason: string): void;
  /** The folder, or the list of known peers, cannot be read or written; everything stays as it is. */
  onError(error: unknown): void;
}

const NO_FILE = "its kubeconfig file is gone; what came from it is kept as it is until it is unlinked";

/** Follows the folder until stopped. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #peers = new Map<string, Peer>();
  readonly #identities: PeerIdentities;
  readonly #proofs: PeerProofs;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: PeersOptions) {
    this.#options = options;
    this.#identities = new PeerIdentities(options);
    this.#proofs = new PeerProofs(options.namespace);
  }

  /**
   * Reads which peers were known before this process, and the folder once, then again every few seconds. The peers are asked who
   * they are at once, and judged when `ordered` has resolved: what is forgotten is known then. Rejects with `ApiError`.
   */
  async start(ordered: Promise<void>): Promise<void> {
    // A folder that cannot be read is told by the look that follows.
    const asked = readPeerFolder(this.#options.folder).then(({ files }) => this.#proofs.askAhead(files));
    await Promise.all([this.#load(), asked.catch(() => undefined), ordered]);
    await this.#look();
    // Not waited for: who is forgotten may be dead.
    void this.#proofs.dismiss();
    this.#schedule();
  }

  async #load(): Promise<void> {
    const known = await this.#identities.load();
    for (const name of known) this.#peers.set(name, { name, file: undefined, refused: NO_FILE });
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

  /** Since when and until when the credentials of each connected peer are good, as far as they say so. */
  get credentials(): ReadonlyMap<string, CredentialLife> {
    return new Map([...this.#peers.values()].flatMap(({ name, life }) => (life ? [[name, life] as const] : [])));
  }

  /** The uid that each peer was proven to have, by name. */
  get uids(): Readonly<Record<string, string>> {
    return this.#identities.uids;
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
    }, this.#options.pollMs ?? POLL_MS);
  }

  async #look(): Promise<void> {
    try {
      const { files, unreadable } = await this.#readFolder();
      for (const [name, reason] of unreadable) {
        const known = this.#peers.get(name);
        this.#refuse(known ?? { name, file: undefined }, reason);
        if (!known) this.#options.onPeers();
      }
      // Side by side: one peer that does not answer must not keep the others waiting.
      await Promise.all([...files].map(([name, file]) => this.#lookAt(name, file)));
      const gone = [...this.#peers.values()].filter(({ name }) => !files.has(name) && !unreadable.has(name));
      for (const peer of gone) if (peer.file) await this.#forsake(peer);
      await this.#dropUnlinked(gone.map(({ name }) => name));
    } catch (error) {
      this.#options.onError(error);
    }
  }

  /** The folder without the files of forgotten clusters, whose connections end. */
  async #readFolder(): Promise<PeerFolder> {
    const { files, unreadable } = await readPeerFolder(this.#options.folder);
    const forgotten = this.#options.forgotten();
    await Promise.all([...forgotten].map((name) => this.#forget(name).catch(this.#options.onError)));
    const kept = <T>(entries: ReadonlyMap<string, T>) => new Map([...entries].filter(([name]) => !forgotten.has(name)));
    return { files: kept(files), unreadable: kept(unreadable) };
  }

  /** Ends the connection and what is known of the name. A write that fails is tried again by the next look. */
  async #forget(name: string): Promise<void> {
    const peer = this.#peers.get(name);
    this.#peers.delete(name);
    if (peer) await disconnect(peer);
    await this.#identities.forget(name);
  }

  async #lookAt(name: string, file: PeerFile): Promise<void> {
    const known = this.#peers.get(name);
    if (!known?.cluster || !known.client) return this.#connect(name, file);
    if (known.file?.text !== file.text) await this.#rotate(known, known.client, file);
    // Back to the file in use: whatever was wrong with another one is over.
    else delete known.refused;
    const { checkMs = CHECK_MS } = this.#options;
    if (performance.now() - (known.checkedAt ?? 0) > checkMs) await this.#checkAgain(known, known.client);
  }

  /** Behind one address and one authority there may come to be another cluster. What cannot be asked now is asked later. */
  async #checkAgain(peer: Peer, client: KubeClient): Promise<void> {
    const { name, file, cluster } = peer;
    try {
      const introduction = await introduce(client, this.#options.namespace);
      await this.#identities.accept(name, introduction);
      peer.checkedAt = performance.now();
      delete peer.unchecked;
      if (!cluster || isDeepStrictEqual(cluster.scope, introduction.scope)) return;
      cluster.scope = introduction.scope;
      this.#options.onPeers();
    } catch (error) {
      if (!(error instanceof RefusedPeer)) return noteUnchecked(peer, error as Error, this.#options);
      await disconnect(peer);
      this.#refuse({ name, file, ...(cluster ? { cluster } : {}) }, error.message);
      this.#options.onPeers();
    }
  }

  /** A missing file means unreachable, never gone: what was read last stays known. */
  async #forsake(peer: Peer): Promise<void> {
    await disconnect(peer);
    const { name, cluster } = peer;
    const left: Peer = { name, file: undefined, ...(cluster ? { cluster } : {}) };
    this.#refuse(left, NO_FILE);
    this.#options.onPeers();
  }

  /** Without a file and not on the list of known peers: unlinked. Nothing waits for it, and what came from it stays as it is. */
  async #dropUnlinked(names: readonly string[]): Promise<void> {
    const dropped = await this.#identities.dropUnlisted(names);
    for (const name of dropped) this.#peers.delete(name);
    if (dropped.length) this.#options.onPeers();
  }

  async #connect(name: string, file: PeerFile): Promise<void> {
    const before = this.#peers.get(name);
    let client: KubeClient | undefined;
    try {
      const proof = this.#proofs.take(name, file);
      client = proof.client;
      const { scope } = await this.#judge(name, proof);
      const cluster = new WatchedCluster(name, client, proof.credentials.podCIDRs, this.#options.events(name));
      cluster.scope = scope;
      cluster.start(false, this.#options.quota);
      const life = readCredentialLife(proof.credentials);
      this.#peers.set(name, { name, file, client, cluster, life, checkedAt: performance.now() });
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
      const proof = this.#proofs.take(peer.name, file);
      await this.#judge(peer.name, proof).finally(() => proof.client.close());
      const { credentials } = proof;
      await client.swap(credentials);
      peer.cluster?.limitTo(credentials.podCIDRs);
      peer.file = file;
      peer.life = readCredentialLife(credentials);
      peer.checkedAt = performance.now();
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

  /** Rejects unless the credentials lead to the right cluster and may do there what they are for; in this order. */
  async #judge(name: string, { introduction, askRights }: PeerProof): Promise<Introduction> {
    await this.#identities.accept(name, await introduction);
    await askRights();
    return introduction;
  }
}
