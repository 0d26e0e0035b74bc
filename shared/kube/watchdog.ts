/** Tells a quiet connection from a dead one. */

import type { CancelTimer, Clock } from "./clock.ts";

export interface WatchdogOptions {
  clock: Clock;
  /** Milliseconds of silence after which `probe` is called, and again after each further such time. */
  probeAfterMs: number;
  /** Milliseconds of silence after which the connection is not worth keeping although the server answers probes. */
  silenceLimitMs: number;
  /** Rejects if the server cannot be reached. */
  probe(): Promise<void>;
  /** The server cannot be reached. Called at most once, and then not `onSilent`. */
  onDead(error: unknown): void;
  /** The limit has been reached. Called at most once, and then not `onDead`. */
  onSilent(): void;
}

export interface Watchdog {
  /** Something was received. */
  alive(): void;
  /** Ends the watch over it; nothing is called any more. */
  stop(): void;
}

/** Starts watching; the connection counts as alive at this moment. */
export function startWatchdog(options: WatchdogOptions): Watchdog {
  const { clock, probeAfterMs, silenceLimitMs } = options;
  let lastSign = clock.now();
  let nextProbe = lastSign + probeAfterMs;
  let stopped = false;
  let cancel: CancelTimer = schedule();

  function schedule(): CancelTimer {
    return clock.after(probeAfterMs / 4, check);
  }

  function check(): void {
    const now = clock.now();
    if (now - lastSign >= silenceLimitMs) end(options.onSilent);
    else if (now >= nextProbe) void ask(now);
    if (!stopped) cancel = schedule();
  }

  async function ask(askedAt: number): Promise<void> {
    nextProbe = Number.POSITIVE_INFINITY;
    try {
      await options.probe();
    } catch (error) {
      // A byte that came meanwhile is better evidence than a probe that failed.
      if (lastSign < askedAt) end(() => options.onDead(error));
    }
    nextProbe = clock.now() + probeAfterMs;
  }

  function end(tell: () => void): void {
    if (stopped) return;
    stop();
    tell();
  }

  function stop(): void {
    stopped = true;
    cancel();
  }

  return {
    alive() {
      lastSign = clock.now();
      if (Number.isFinite(nextProbe)) nextProbe = lastSign + probeAfterMs;
    },
    stop,
  };
}
