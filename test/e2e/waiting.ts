import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 100;

/** What one look found: either the thing waited for, or a text that says what is there instead. */
export type Look<T> = { done: T } | { seen: string };

/**
 * Looks again and again until something is found. Throws after the deadline, naming what was waited for and what the last
 * look saw. What the look itself throws ends the wait.
 */
export async function waitFor<T>(
  what: string,
  look: () => Promise<Look<T>>,
  seconds = 60,
  pollMs = POLL_MS,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if ("done" in found) return found.done;
    if (performance.now() > deadline)
      throw new Error(`after ${seconds} s still waiting for ${what}; last seen:\n${found.seen}`);
    await sleep(pollMs);
  }
}
