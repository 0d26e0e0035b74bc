/**
 * A queue of keys to reconcile. A key that waits is not queued twice, a key is never run twice at once, and one added while
 * it runs is run again: whatever happened is looked at after it happened. Failures are repeated for ever, ever more slowly.
 * A server that throttles (429, priority and fairness) throttles all of us: no key starts before the time it asked for.
 */

import { retryAfterMs } from "../shared/kube/api-error.ts";
import { type CancelTimer, type Clock, systemClock } from "../shared/kube/clock.ts";
import { takeTurn } from "../shared/kube/turns.ts";

export interface QueueOptions {
  /** Handles one key. A rejection is a failure; it should have a deadline of its own, for it holds a worker. */
  run(key: string): Promise<void>;
  /** Keys run at the same time, each with at most one write on its way: what bounds the load on the API server. Default 32. */
  workers?: number;
  /** Pause after a key's first failure; doubles with each further one. Default 5 ms, as client-go. */
  firstPauseMs?: number;
  /** Longest pause, unless a throttling server asked for more (`ApiError.retryAfterSeconds`). Default 30,000 ms. */
  longestPauseMs?: number;
  /** Hears of every failure: how many in a row, and milliseconds until the next attempt. */
  onFailure?(key: string, error: unknown, failures: number, pauseMs: number): void;
  /** Hears of every run that ended: milliseconds the key had waited for a worker, and the run took. */
  onRun?(waitedMs: number, tookMs: number): void;
  /** Default `systemClock`. */
  clock?: Clock;
  /** Resolves when a run may begin. Default `takeTurn` of `turns.ts`. */
  takeTurn?(): Promise<void>;
}

export interface KeyedQueue {
  /** Runs the key as soon as a worker is free, also while it pauses after a failure. */
  add(key: string): void;
  /** Adds the key after `ms` milliseconds. Of several such times pending for a key only the earliest counts. */
  addAfter(key: string, ms: number): void;
  /** Resolves when no key runs or is ready to; keys that pause or were added for later do not count. */
  idle(): Promise<void>;
  /** Starts nothing any more, resolves when what runs has ended. */
  stop(): Promise<void>;
  /** Keys ready to run. */
  readonly waiting: number;
  /** Keys that run. */
  readonly running: number;
  /** Keys whose last run failed. */
  readonly failing: number;
  /** `clock.now()` at the start of the run that began longest ago; undefined if none runs. */
  readonly oldestRun: number | undefined;
}

/** A queue; starts at once. */
export function createQueue(options: QueueOptions): KeyedQueue {
  return new Queue(options);
}

interface Timer {
  dueAt: number;
  cancel: CancelTimer;
}

class Queue implements KeyedQueue {
  readonly #options: Required<Omit<QueueOptions, "onFailure" | "onRun">> & Pick<QueueOptions, "onFailure" | "onRun">;
  /** In order of arrival, with its time. */
  readonly #ready = new Map<string, number>();
  /** Goes along with `#ready`: starting at its front each time would pass over all that was taken out there before. */
  #next = this.#ready.entries();
  /** With the time of their start, in that order. */
  readonly #running = new Map<string, number>();
  /** Keys added while they ran. */
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  /** Pauses after failures; a run that starts earlier takes their place. */
  readonly #retries = new Map<string, Timer>();
  /** Times asked for by `addAfter`; only they end them. */
  readonly #appointments = new Map<string, Timer>();
  #idleWaiters: (() => void)[] = [];
  #stopped = false;
  /** Times to wait that a throttling server asked for and that are not over. */
  #holds = 0;

  constructor(options: QueueOptions) {
    this.#options = { workers: 32, firstPauseMs: 5, longestPauseMs: 30_000, clock: systemClock, takeTurn, ...options };
  }

  get waiting(): number {
    return this.#ready.size + this.#again.size;
  }

  get running(): number {
    return this.#running.size;
  }

  get failing(): number {
    return this.#failures.size;
  }

  get oldestRun(): number | undefined {
    return this.#running.values().next().value;
  }

  add(key: string): void {
    if (this.#stopped) return;
    if (this.#running.has(key)) this.#again.add(key);
    else this.#makeReady(key);
    this.#startWorkers();
  }

  addAfter(key: string, ms: number): void {
    if (this.#stopped) return;
    this.#schedule(this.#appointments, key, ms);
  }

  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  stop(): Promise<void> {
    this.#stopped = true;
    for (const timers of [this.#retries, this.#appointments]) {
      for (const { cancel } of timers.values()) cancel();
      timers.clear();
    }
    this.#ready.clear();
    this.#again.clear();
    return this.idle();
  }

  #schedule(timers: Map<string, Timer>, key: string, ms: number): void {
    const { clock } = this.#options;
    const dueAt = clock.now() + ms;
    const pending = timers.get(key);
    if (pending && pending.dueAt <= dueAt) return;
    pending?.cancel();
    const cancel = clock.after(ms, () => {
      timers.delete(key);
      this.add(key);
    });
    timers.set(key, { dueAt, cancel });
  }

  #startWorkers(): void {
    if (this.#holds > 0) return;
    while (this.#ready.size > 0 && this.#running.size < this.#options.workers) {
      const [key, since] = this.#takeFirst();
      const startedAt = this.#options.clock.now();
      this.#running.set(key, startedAt);
      void this.#work(key, startedAt, startedAt - since);
    }
  }

  /** Of what is ready, which must not be nothing. */
  #takeFirst(): [string, number] {
    let { value } = this.#next.next();
    if (!value) {
      this.#next = this.#ready.entries();
      value = this.#next.next().value;
    }
    if (!value) throw new Error("nothing is ready");
    this.#ready.delete(value[0]);
    return value;
  }

  #makeReady(key: string): void {
    if (!this.#ready.has(key)) this.#ready.set(key, this.#options.clock.now());
  }

  async #work(key: string, startedAt: number, waitedMs: number): Promise<void> {
    this.#retries.get(key)?.cancel();
    this.#retries.delete(key);
    try {
      // So adding a key never runs the caller's code inside of `add`; and thousands of runs that wait for nothing, as passes without
      // a write, leave the event loop to others in between.
      await this.#options.takeTurn();
      await this.#options.run(key);
      this.#failures.delete(key);
    } catch (error) {
      this.#fail(key, error, this.#options.clock.now() - startedAt);
    } finally {
      this.#running.delete(key);
      this.#options.onRun?.(waitedMs, this.#options.clock.now() - startedAt);
      if (this.#again.delete(key)) this.#makeReady(key);
      this.#startWorkers();
      this.#wakeIdle();
    }
  }

  #fail(key: string, error: unknown, tookMs: number): void {
    if (this.#stopped) return;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const askedMs = retryAfterMs(error);
    if (askedMs > 0) this.#hold(askedMs);
    // The time a run hung counts, so that attempts are never more than the longest pause apart.
    const pauseMs = Math.max(this.#pauseAfter(failures) - tookMs, 0, askedMs);
    this.#schedule(this.#retries, key, pauseMs);
    try {
      this.#options.onFailure?.(key, error, failures, pauseMs);
    } catch {
      // Whoever only listens must not stop the work; the retry is already set.
    }
  }

  #hold(ms: number): void {
    this.#holds += 1;
    this.#options.clock.after(ms, () => {
      this.#holds -= 1;
      this.#startWorkers();
    });
  }

  #pauseAfter(failures: number): number {
    const { firstPauseMs, longestPauseMs } = this.#options;
    return Math.min(firstPauseMs * 2 ** (failures - 1), longestPauseMs);
  }

  #isIdle(): boolean {
    return this.#running.size === 0 && this.#ready.size === 0;
  }

  #wakeIdle(): void {
    if (!this.#isIdle()) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const wake of waiters) wake();
  }
}
