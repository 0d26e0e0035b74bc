/** Growing pauses between attempts. */

export interface Backoff {
  /** The next pause in milliseconds: anything between 0 and the present limit, which doubles up to the maximum. */
  next(): number;
  /** Starts over with the base. */
  reset(): void;
}

/**
 * Full jitter: clients that lost the same server at the same moment spread evenly over the whole pause.
 * `random` gives numbers from 0 to below 1.
 */
export function createBackoff(baseMs: number, maxMs: number, random: () => number): Backoff {
  let limit = baseMs;
  return {
    next() {
      const pause = random() * limit;
      limit = Math.min(limit * 2, maxMs);
      return pause;
    },
    reset() {
      limit = baseMs;
    },
  };
}
