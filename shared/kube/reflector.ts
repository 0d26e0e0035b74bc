/**
 * Keeps a store equal to one collection of one cluster, by a list and then a watch, for as long as it takes.
 * While the cluster cannot be read, the store keeps what was known: absence is not deletion.
 */

import { type Asked, classifyError, errorFromNetwork, errorFromStatus, type Status } from "./api-error.ts";
import { type Clock, sleep, systemClock } from "./clock.ts";
import type { KubeObject } from "./objects.ts";
import { Pacing, type Stage } from "./pacing.ts";
import { isQuarantineError, Quota } from "./quota.ts";
import { applyChange, type Change, diffList, toChanges, trimObject } from "./reflector-changes.ts";
import { inTurns, readObjects } from "./reflector-list.ts";
import {
  DEFAULT_TIMINGS,
  type Reflector,
  type ReflectorOptions,
  type ReflectorState,
  type Timings,
} from "./reflector-options.ts";
import { keyOf } from "./store.ts";
import { watchPath } from "./watch-path.ts";
import type { WatchEvent } from "./watch-stream.ts";
import { startWatchdog } from "./watchdog.ts";

export type { Change, Reflector, ReflectorOptions, ReflectorState, Timings };

/** So many watches in a row that were accepted and broke before their first event: something at that place cannot be sent. */
const MAX_FRUITLESS_WATCHES = 3;

/** Starts to reflect; returns at once. Never gives up by itself. */
export function startReflector<T extends KubeObject>(options: ReflectorOptions<T>): Reflector {
  return new ListWatch(options);
}

class ListWatch<T extends KubeObject> implements Reflector {
  readonly #options: ReflectorOptions<T>;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #timings: Timings;
  readonly #pacing: Pacing;
  readonly #asked: Asked;
  readonly #quota: Quota | undefined;
  readonly #stopped = new AbortController();
  readonly #firstList = Promise.withResolvers<void>();
  readonly #finished: Promise<void>;
  /** Where the next watch starts; undefined: list first. */
  #resourceVersion: string | undefined;
  #stage: Stage = "list";
  #watchingSince: number | undefined;
  /** The present watch has brought something. */
  #moved = false;
  #failingSince: number | undefined;
  #fruitlessWatches = 0;
  state: ReflectorState = "starting";
  hasSynced = false;
  activeAt: number;
  failures = 0;
  drift = 0;
  shown = 0;
  readonly synced: Promise<void> = this.#firstList.promise;
  lastError: unknown;
  lastEventAt: number | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#timings = { ...DEFAULT_TIMINGS, ...options.timings };
    this.activeAt = this.#clock.now();
    this.#pacing = new Pacing(this.#timings, this.#random);
    this.#asked = { cluster: options.client.cluster, path: options.path };
    this.#quota = options.quota && new Quota(options.quota, this.#asked);
    // Whoever does not wait for it must not die of its rejection.
    this.synced.catch(() => undefined);
    this.#finished = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#firstList.reject(new Error(`${this.#asked.cluster} ${this.#asked.path}: stopped before the first list`));
    await this.#finished;
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const startedAt = this.#stir();
      this.#watchingSince = undefined;
      this.#moved = false;
      this.#stage = this.#resourceVersion === undefined ? "list" : "watch";
      let error: unknown;
      try {
        if (this.#stage === "list") await this.#list();
        await this.#watch(this.#resourceVersion ?? "");
      } catch (thrown) {
        if (this.#stopped.signal.aborted) return;
        error = thrown;
        this.#fail(error);
      }
      await this.#pause(startedAt, error);
    }
  }

  /** The store is not touched before the last page is here. */
  async #list(): Promise<void> {
    const take = (object: T) => this.#trim(object);
    const onPage = () => void this.#stir();
    const found = await readObjects(this.#options, { take, onPage, signal: this.#stopped.signal, quota: this.#quota });
    if (this.#stopped.signal.aborted) return;
    const { store } = this.#options;
    const changes = diffList(store, found.objects);
    const first = !this.hasSynced;
    // Nobody decides by a store before its first list is whole; a later one takes effect, and is told, in one go.
    if (first) await inTurns(changes, (change) => applyChange(store, change));
    else for (const change of changes) applyChange(store, change);
    this.drift += first ? 0 : changes.length;
    this.#resourceVersion = found.resourceVersion;
    this.shown = Number(found.resourceVersion);
    this.#stage = "first watch";
    this.#pacing.listed();
    this.lastEventAt = this.#clock.now();
    this.hasSynced = true;
    this.#setState("listed");
    if (first) await inTurns(changes, (change) => this.#tell(change));
    else for (const change of changes) this.#tell(change);
    this.#firstList.resolve();
  }

  async #watch(resourceVersion: string): Promise<void> {
    const { client } = this.#options;
    const controller = new AbortController();
    const signal = AbortSignal.any([controller.signal, this.#stopped.signal]);
    let ending: { reason: "dead"; error: unknown } | { reason: "silent" } | undefined;
    const watchdog = startWatchdog({
      ...this.#timings,
      clock: this.#clock,
      probe: () => client.probe(this.#timings.probeDeadlineMs),
      onDead: (error) => {
        ending = { reason: "dead", error };
        controller.abort();
      },
      onSilent: () => {
        ending = { reason: "silent" };
        controller.abort();
      },
    });
    try {
      const onBytes = () => {
        this.#stir();
        watchdog.alive();
      };
      const path = watchPath(this.#options, resourceVersion, this.#timings.watchSeconds, this.#random);
      const events = await client.stream(path, signal, { onBytes, deadlineMs: this.#timings.acceptMs });
      this.#watchingSince = this.#stir();
      this.#setState("watching");
      for await (const event of events) this.#apply(event);
    } catch (error) {
      // Silence of a server that answers is no failure: Kubernetes 1.20 sends no bookmarks of kinds nobody has changed.
      if (ending?.reason === "silent") return;
      throw errorFromNetwork(this.#asked, ending ? ending.error : error);
    } finally {
      watchdog.stop();
    }
  }

  #apply({ type, object }: WatchEvent): void {
    if (this.#stopped.signal.aborted) return;
    if (type === "ERROR") throw errorFromStatus(this.#asked, object as unknown as Status);
    const resourceVersion = object.metadata?.resourceVersion;
    if (!resourceVersion) throw new Error(`a watch event of type ${type} has no resourceVersion`);
    this.#moved ||= resourceVersion !== this.#resourceVersion;
    let changes: Change<T>[] = [];
    if (type !== "BOOKMARK") {
      const trimmed = this.#trim(object as T);
      this.#quota?.replace(this.#options.store.get(keyOf(trimmed)), type === "DELETED" ? undefined : trimmed);
      changes = toChanges(this.#options.store, type, trimmed);
    }
    for (const change of changes) applyChange(this.#options.store, change);
    this.#resourceVersion = resourceVersion;
    this.shown = Number(resourceVersion);
    for (const change of changes) this.#tell(change);
    this.lastEventAt = this.#clock.now();
    this.#fruitlessWatches = 0;
  }

  #fail(error: unknown): void {
    const now = this.#clock.now();
    this.failures++;
    this.#failingSince ??= now;
    if (this.#watchingSince !== undefined) this.#fruitlessWatches++;
    if (this.#mustList(error, now - this.#failingSince)) {
      this.#resourceVersion = undefined;
      this.#fruitlessWatches = 0;
    }
    this.lastError = error;
    this.#report(error);
    this.#setState("failing");
  }

  #mustList(error: unknown, outageMs: number): boolean {
    if (classifyError(error) === "gone" || isQuarantineError(error)) return true;
    return outageMs > this.#timings.relistAfterMs || this.#fruitlessWatches >= MAX_FRUITLESS_WATCHES;
  }

  #setState(state: ReflectorState): void {
    if (state === "watching") this.#failingSince = undefined;
    if (state !== "failing") this.lastError = undefined;
    if (state === this.state) return;
    this.state = state;
    this.#guard(() => this.#options.onState?.(state, this.lastError));
  }

  async #pause(startedAt: number, error: unknown): Promise<void> {
    const now = this.#clock.now();
    const watchedMs = this.#watchingSince === undefined ? undefined : now - this.#watchingSince;
    const attempt = { stage: this.#stage, tookMs: now - startedAt, watchedMs, moved: this.#moved, error };
    await sleep(this.#clock, this.#pacing.pauseAfter(attempt), this.#stopped.signal);
  }

  #stir(): number {
    this.activeAt = this.#clock.now();
    return this.activeAt;
  }

  #trim(object: T): T {
    return trimObject(this.#asked, object, this.#options.trim);
  }

  #tell(change: Change<T>): void {
    this.#guard(() => this.#options.onChange?.(change));
  }

  /** A mistake in a caller's function must not cost an event, nor the stream. */
  #guard(call: () => void): void {
    if (this.#stopped.signal.aborted) return;
    try {
      call();
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    try {
      this.#options.onError?.(error);
    } catch {
      // There is nobody left to tell, and the reflection must go on.
    }
  }
}
