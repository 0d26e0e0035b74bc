/** How long a change in another cluster takes to be written here. */
import type { Histogram } from "prom-client";
import { SOURCE_CLUSTER } from "../shared/keys.ts";
import { type EndpointSlice, label } from "../shared/kube/objects.ts";
import type { Write } from "../shared/protocol/write.ts";

/** Managed fields tell the time of a change in whole seconds; clocks of two clusters differ a little. */
const PRECISION_MS = 2_000;

/** A change that is older was not waiting for us: an object that was listed only now. */
const OLDEST_MS = 60 * 60 * 1000;

/**
 * When a slice was changed in its cluster, milliseconds since 1970, given when it was seen here. The server's own time counts where it
 * says that the change waited to be seen, as after an outage; for a fresh one the moment of seeing is exact to the millisecond.
 */
export function changedAt(slice: EndpointSlice, seenAt: number): number {
  const times = (slice.metadata.managedFields ?? []).map(({ time }) => Date.parse(time ?? ""));
  const written = Math.max(...times.filter((time) => Number.isFinite(time)), Number.NEGATIVE_INFINITY);
  const waited = seenAt - written;
  return waited > PRECISION_MS && waited < OLDEST_MS ? written : seenAt;
}

/** Changes that are seen and not written yet, by Service key and cluster. */
export class Propagation {
  readonly #histogram: Pick<Histogram<"cluster">, "observe">;
  readonly #now: () => number;
  readonly #pending = new Map<string, Map<string, number>>();

  /** `now` in milliseconds since 1970. */
  constructor(histogram: Pick<Histogram<"cluster">, "observe">, now: () => number) {
    this.#histogram = histogram;
    this.#now = now;
  }

  /** A slice of `cluster` that concerns this key changed at that time. The first one not written yet counts. */
  changed(key: string, cluster: string, at: number): void {
    const times = this.#pending.get(key) ?? new Map<string, number>();
    if (!times.has(cluster)) times.set(cluster, at);
    this.#pending.set(key, times);
  }

  /** A write for this key was made; counts if it brought a copy. */
  wrote(key: string, write: Write): void {
    if (write.resource !== "endpointslices" || (write.verb !== "create" && write.verb !== "update")) return;
    const cluster = label(write.body, SOURCE_CLUSTER) ?? "";
    const times = this.#pending.get(key);
    const at = times?.get(cluster);
    if (at === undefined) return;
    times?.delete(cluster);
    this.#histogram.observe({ cluster }, Math.max(0, this.#now() - at) / 1000);
  }

  /** Nothing is left to write for this key: what is pending had no consequences. */
  settled(key: string): void {
    this.#pending.delete(key);
  }

  /** Nothing is pending any more: another process writes from now on. */
  clear(): void {
    this.#pending.clear();
  }
}
