/** Which cluster the name of each peer stands for: what the cluster says is judged by what was known, and remembered. */

import type { PeerList } from "./known-peers.ts";
import { refuseClaim } from "./peer-claim.ts";
import type { Introduction } from "./peer-proof.ts";

/** A cluster is not the one that its kubeconfig's name stands for. */
export class RefusedPeer extends Error {}

export interface PeerIdentitiesOptions {
  ownName: string;
  /** uid of the own cluster; rejects with `ApiError`. */
  ownUid: Promise<string>;
  /** Which cluster each name has stood for so far. */
  known: PeerList;
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
    this.#uids = (await this.#options.known.load()) ?? new Map();
    return [...this.#uids.keys()];
  }

  /** uid by name, in the order of names. */
  get uids(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#uids].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /**
   * Accepts the cluster as the one of this name. Rejects with `RefusedPeer` if it is not the one that the name has meant so far,
   * or is another known one; with `ApiError` if that cannot be remembered.
   */
  async accept(name: string, { uid, said }: Introduction): Promise<void> {
    const { ownName, ownUid } = this.#options;
    const own = { name: ownName, uid: await ownUid };
    const reason = refuseClaim({ name, uid, said }, own, this.#uids);
    if (reason !== undefined) throw new RefusedPeer(reason);
    const isNew = !this.#uids.has(name);
    this.#uids.set(name, uid);
    if (isNew) await this.#remember(name, uid);
  }

  /** From now on the name may mean any cluster. Rejects with `ApiError`: then it is still kept. */
  async forget(name: string): Promise<void> {
    if (!this.#uids.has(name)) return;
    await this.#options.known.keep(name, undefined);
    this.#uids.delete(name);
  }

  /**
   * Those of `names` that were taken off the list, as `unlink` does: they are known no more. None if there is no list: that is
   * nobody's word. Rejects with `ApiError`.
   */
  async dropUnlisted(names: readonly string[]): Promise<string[]> {
    const known = names.length ? await this.#options.known.load() : undefined;
    const dropped = known ? names.filter((name) => !known.has(name)) : [];
    for (const name of dropped) this.#uids.delete(name);
    return dropped;
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
