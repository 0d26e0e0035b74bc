/** What a reflector is told and what it tells. */

import type { KubeClient } from "./client.ts";
import type { Clock } from "./clock.ts";
import type { KubeObject } from "./objects.ts";
import type { QuotaLimits } from "./quota.ts";
import type { Change } from "./reflector-changes.ts";
import type { Store } from "./store.ts";

/**
 * `starting`: no list yet. `listed`: the store is complete, the watch is being opened. `watching`: the store follows.
 * `failing`: the store is as of the last contact, or empty; `lastError` says why, and attempts go on.
 * A watch that ends in order, or is only silent, is renewed without leaving `watching`.
 */
export type ReflectorState = "starting" | "listed" | "watching" | "failing";

export interface Timings {
  /** Bounds of the time a watch is asked to last, seconds, drawn at random. Default 300 to 600, as client-go. */
  watchSeconds: readonly [number, number];
  /** First and longest pause between attempts, milliseconds, counted from attempt to attempt. Default 800 and 30,000. */
  backoffMs: readonly [number, number];
  /** A watch that lasted so long forgets earlier failures. Default 30,000 ms. */
  healthyMs: number;
  /** After failing for so long the next attempt lists: the server may have been restored from a backup. Default 60,000 ms. */
  relistAfterMs: number;
  /** Silence after which the server is asked on a fresh connection whether it is there. Default 20,000 ms. */
  probeAfterMs: number;
  /** Time the server has for that answer. Default 5,000 ms. */
  probeDeadlineMs: number;
  /** Time the server has to accept a watch. Default 10,000 ms. */
  acceptMs: number;
  /**
   * Silence after which a watch is renewed although the server is there; that is no failure. Default 90,000 ms: bookmarks
   * come about each minute, except for kinds without any change since the server started.
   */
  silenceLimitMs: number;
}

export const DEFAULT_TIMINGS: Timings = {
  watchSeconds: [300, 600],
  backoffMs: [800, 30_000],
  healthyMs: 30_000,
  relistAfterMs: 60_000,
  probeAfterMs: 20_000,
  probeDeadlineMs: 5_000,
  acceptMs: 10_000,
  silenceLimitMs: 90_000,
};

export interface ReflectorOptions<T extends KubeObject> {
  client: KubeClient;
  /** Path of the collection, from `resources.ts`. */
  path: string;
  /** Which objects of the collection; must select by what never changes of an object. Default: all. */
  fieldSelector?: string;
  /** Filled here and by nobody else. */
  store: Store<T>;
  /** Once it is exceeded the store stays as it was, the state is `failing`, and attempts go on. Default: none. */
  quota?: QuotaLimits;
  /**
   * Reduces an object to what is used before it is kept; must keep name, namespace, uid and resourceVersion. Its
   * exceptions fail the list or watch with reason `Malformed`. Default: as is.
   */
  trim?: (object: T) => T;
  /** Called after the store has changed, in order, for lists and watches alike. Its exceptions go to `onError`. */
  onChange?: (change: Change<T>) => void;
  /** Called when `state` has changed, with `lastError` when it is `failing`. */
  onState?: (state: ReflectorState, lastError: unknown) => void;
  /** Hears of every failed attempt and of every exception of `onChange` and `onState`. */
  onError?: (error: unknown) => void;
  /** Default `systemClock`. */
  clock?: Clock;
  /** Numbers from 0 to below 1. Default `Math.random`. */
  random?: () => number;
  /** Defaults as given in `Timings`. */
  timings?: Partial<Timings>;
}

export interface Reflector {
  readonly state: ReflectorState;
  /** Why `state` is `failing`; undefined otherwise. */
  readonly lastError: unknown;
  /** `clock.now()` of the last list, event or bookmark; undefined before the first. */
  readonly lastEventAt: number | undefined;
  /** `clock.now()` of the last activity: an attempt begun, a page listed, a watch accepted, anything received. */
  readonly activeAt: number;
  /** Attempts that failed so far. */
  readonly failures: number;
  /** Changes so far that a list had to bring because no watch did; those of the first list are none. */
  readonly drift: number;
  /** The resourceVersion up to which the store shows everything that happened, as a number; 0 before the first list. */
  readonly shown: number;
  /** True once the first list was complete; stays true. */
  readonly hasSynced: boolean;
  /** Resolves with the first complete list; rejects if `stop` comes first. */
  readonly synced: Promise<void>;
  /** Ends everything; no function is called afterwards. The store stays as it is. */
  stop(): Promise<void>;
}
