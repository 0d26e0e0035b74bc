/** Which cluster the name of each peer stands for: asked of the cluster, judged by what was known, and remembered. */

import type { Scope } from "../shared/identity.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import { readClaim, readClusterUid } from "./identity.ts";
import type { KnownPeers } from "./known-peers.ts";
import { refuseClaim } from "./peer-claim.ts";

/** A cluster is not the one that its kubeconfig's name stands for. */
export class RefusedPeer extends Error {}

export interface PeerIdentitiesOptions {
  ownName: string;
  /** uid of the own cluster; rejects with `ApiError`. */
  ownUid: Promise<string>;
  /** Our namespace, in the peers too. */
  namespace: string;
  /** Which cluster each name has stood for so far. */
  known: KnownPeers;
}

export class PeerIdentities {
  readonly #options: PeerIdentitiesOptions;
  /** uid by name, kept until the name is forgotten: one that comes to mean another cluster is refused. */
  #uids = new Map<string, string>();

  constructor(options: PeerIdentitiesOptions) {
    this.#options = options;
  }

  /** Names known from before this process. Rejects with `ApiError`. */
  async load(): Promise<string[]> {
    this.#uids = await this.#options.known.load();
    return [...this.#uids.keys()];
  }

  /** uid by name, in the order of names. */
  get uids(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#uids].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /**
   * The scope of the cluster behind the client, undefined where it says nothing. Rejects with `RefusedPeer` if it is not the one
   * that this name has meant so far, or is another known one; with `ApiError` if it cannot be asked.
   */
  async check(name: string, client: KubeClient): Promise<Scope | undefined> {
    const { ownName, ownUid, namespace } = this.#options;
    const asked = [readClusterUid(client), readClaim(client, namespace), ownUid] as const;
    const [uid, { said, scope }, own] = await Promise.all(asked);
    const reason = refuseClaim({ name, uid, said }, { name: ownName, uid: own }, this.#uids);
    if (reason !== undefined) throw new RefusedPeer(reason);
    const isNew = !this.#uids.has(name);
    this.#uids.set(name, uid);
    if (isNew) await this.#remember(name, uid);
    return scope;
  }

  /** From now on the name may mean any cluster. Rejects with `ApiError`: then it is still kept. */
  async forget(name: string): Promise<void> {
    if (!this.#uids.has(name)) return;
    await this.#options.known.keep(name, undefined);
    this.#uids.delete(name);
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
