/** Counts what is lost here because it vanished in peers, for the cap on deletions. */
import { REPLICA_OF, SERVICE_NAME } from "../shared/keys.ts";
import { label } from "../shared/kube/objects.ts";
import { sourceOf } from "../shared/protocol/copies.ts";
import type { Losses } from "../shared/protocol/snapshot.ts";
import type { WatchedCluster } from "./cluster.ts";

/** Losses longer ago than this do not count. */
const WINDOW_MS = 10 * 60 * 1000;

export interface LossTallyOptions {
  /** How many Services may lose something in ten minutes. */
  limit: number;
  own: WatchedCluster;
  /** Those that are read count; forgotten ones are not among them. */
  peers(): ReadonlyMap<string, WatchedCluster | undefined>;
  /** Until then nothing is capped, milliseconds since 1970. */
  allowedUntil(): number;
}

/** Remembers the losses of the last ten minutes; what is due is counted from the caches. */
export class LossTally {
  readonly #options: LossTallyOptions;
  /** When each Service key lost something last, milliseconds since 1970. */
  readonly #recent = new Map<string, number>();

  constructor(options: LossTallyOptions) {
    this.#options = options;
  }

  /** Notes that a Service loses something now. */
  note(key: string, now: number): void {
    this.#recent.set(key, now);
  }

  /** The count as of now; undefined while nothing is capped. */
  count(now: number): Losses | undefined {
    const { limit, own, allowedUntil } = this.#options;
    if (now < allowedUntil()) return undefined;
    const peers = this.#options.peers();
    for (const [key, time] of this.#recent) if (time + WINDOW_MS < now) this.#recent.delete(key);
    const due = new Set<string>();
    const look = (key: string, source: string | undefined) => {
      const peer = source === undefined ? undefined : peers.get(source);
      if (peer?.readable && !peer.stores.services.has(key) && !this.#recent.has(key)) due.add(key);
    };
    for (const service of own.stores.services.values()) {
      look(`${service.metadata.namespace}/${service.metadata.name}`, label(service, REPLICA_OF));
    }
    for (const slice of own.stores.slices.values()) {
      look(`${slice.metadata.namespace}/${label(slice, SERVICE_NAME)}`, sourceOf(slice));
    }
    return { recent: this.#recent.size, due: due.size, limit };
  }
}
