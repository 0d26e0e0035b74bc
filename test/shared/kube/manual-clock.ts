import type { Clock } from "../../../shared/kube/clock.ts";

export interface ManualClock extends Clock {
  /** Moves time on; timers due meanwhile fire in order, each with its microtasks done before the next. */
  advance(ms: number): Promise<void>;
}

/** A clock that stands still until it is told to move. */
export function manualClock(): ManualClock {
  let now = 0;
  let timers: { at: number; callback: () => void }[] = [];
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    now: () => now,
    after(ms, callback) {
      const timer = { at: now + ms, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (;;) {
        const next = timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        timers = timers.filter((other) => other !== next);
        now = Math.max(now, next.at);
        next.callback();
        await settle();
      }
      now = until;
    },
  };
}
