/** Time as a dependency, so that tests need no waiting. */

export interface Clock {
  /** Milliseconds since some fixed moment; never runs backwards. */
  now(): number;
  /** Calls `callback` once after `ms` milliseconds unless the returned function was called before. */
  after(ms: number, callback: () => void): CancelTimer;
}

/** Cancels a timer; harmless when it has fired already. */
export type CancelTimer = () => void;

/** Node's timers. `now` is monotonic: a corrected wall clock must not fire or stall any timeout. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`, or as soon as `signal` is aborted (it never rejects: callers look at the signal themselves). */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const wake = () => {
      cancel();
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const cancel = clock.after(ms, wake);
    signal.addEventListener("abort", wake);
  });
}

/** A moment, milliseconds since 1970, as a MicroTime of the Kubernetes API. */
export function microTime(moment: number): string {
  return new Date(moment).toISOString().replace("Z", "000Z");
}
