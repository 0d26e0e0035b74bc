/** How long a reflector waits between two attempts. */

import { classifyError, retryAfterMs } from "./api-error.ts";
import { type Backoff, createBackoff } from "./backoff.ts";
import type { Timings } from "./reflector-options.ts";

/**
 * How far an attempt came: it had to list and could not; it listed, and then watched; it went on watching from a known place.
 * Each has pauses of its own. After a long outage the first success of one kind is not followed by the outage's pause if the next
 * kind fails once, as servers do that have just started; whoever only ever succeeds half way still slows down.
 */
export type Stage = "list" | "first watch" | "watch";

/** A server that ends a watch sooner than this, and has sent nothing, did not mean to serve it. */
const SHORT_WATCH_MS = 1_000;

/** One attempt that is over. */
export interface Attempt {
  stage: Stage;
  /** Milliseconds it took. */
  tookMs: number;
  /** Milliseconds the server has served its watch; undefined if none was accepted. */
  watchedMs: number | undefined;
  /** Its watch brought something that was not known before. */
  moved: boolean;
  /** Undefined if the watch ended in order. */
  error: unknown;
}

export class Pacing {
  readonly #backoffs: Readonly<Record<Stage, Backoff>>;
  readonly #healthyMs: number;

  /** `random` gives numbers from 0 to below 1. */
  constructor({ backoffMs, healthyMs }: Pick<Timings, "backoffMs" | "healthyMs">, random: () => number) {
    const make = () => createBackoff(...backoffMs, random);
    this.#backoffs = { list: make(), "first watch": make(), watch: make() };
    this.#healthyMs = healthyMs;
  }

  /** A list is complete. */
  listed(): void {
    this.#backoffs.list.reset();
    this.#backoffs.watch.reset();
  }

  /**
   * Milliseconds until the next attempt: none after a watch that served its time, or was ended in order after it had brought
   * something. Servers end watches that are read too slowly for a tenth of a second, and whoever waits then reads later still.
   */
  pauseAfter({ stage, tookMs, watchedMs, moved, error }: Attempt): number {
    if (watchedMs !== undefined && watchedMs >= this.#healthyMs) {
      for (const backoff of Object.values(this.#backoffs)) backoff.reset();
    }
    if (error === undefined && watchedMs !== undefined && (moved || watchedMs >= SHORT_WATCH_MS)) return 0;
    // A place that is gone is the server's word to list, and no reason to wait for the next watch.
    const due = stage === "watch" && classifyError(error) === "gone" ? "list" : stage;
    // The time an attempt hung counts, so that attempts are never more than the longest pause apart.
    const hung = watchedMs === undefined ? tookMs : 0;
    return Math.max(this.#backoffs[due].next() - hung, retryAfterMs(error), 0);
  }
}
