/**
 * Turns of the event loop, kept short: a piece of work that may be one of many asks for its turn before it begins. So a probe, an
 * answer or a watch event comes after a few of them, and not after all that happened to be ready at once.
 */
import { setImmediate as nextTurn } from "node:timers/promises";

/** Milliseconds of a turn after which no further piece of work begins in it. */
const LONGEST_MS = 5;

/** What a piece is taken to cost at least, milliseconds: of those that ask at the same time, none has taken any time yet. */
const LEAST_MS = 0.1;

/**
 * What sending a request is taken to cost, milliseconds: undici writes it in the next turn, and on a busy machine whoever is woken
 * by it runs before we do.
 */
export const REQUEST_MS = 2;

/** When the present turn began with its first piece, by `performance.now()`, less what its pieces cost; undefined: with none yet. */
let since: number | undefined;

/**
 * Resolves when a piece of work may begin: at once in a turn that is young, else in one of the next; in order of arrival.
 * `costMs`: what it is known to cost, now or later, milliseconds.
 */
export async function takeTurn(costMs = LEAST_MS): Promise<void> {
  while (isLong()) await nextTurn();
  if (since === undefined) {
    since = performance.now();
    setImmediate(() => {
      since = undefined;
    });
  }
  since -= costMs;
}

function isLong(): boolean {
  return since !== undefined && performance.now() - since >= LONGEST_MS;
}
