/**
 * When a process that has just started knows enough to decide. Too early, and every restart would write "unreachable" to every
 * Service and take it back a moment later; too late, and one dead peer would keep all others waiting.
 */

/** A peer that does not answer is waited for so long. */
export const DEAD_PEER_MS = 10_000;
/** One that answers, only slowly, for so long: lists of thousands of objects may take this time on a busy machine. */
export const SLOW_PEER_MS = 60_000;

/** What is known of a peer; a file that is refused leads to no cluster. */
export interface StartingPeer {
  readonly readable: boolean;
  /** Why its last attempt to list or watch failed; undefined: none did. */
  readonly lastError: unknown;
}

/** True if nothing is left worth waiting for. `connected`: each peer has said who it is, or was refused. */
export function hasLooked(
  sinceStartMs: number,
  connected: boolean,
  peers: Iterable<StartingPeer | undefined>,
): boolean {
  if (sinceStartMs >= SLOW_PEER_MS) return true;
  const tolerant = sinceStartMs < DEAD_PEER_MS;
  const isAwaited = (peer: StartingPeer | undefined) =>
    peer !== undefined && !peer.readable && (tolerant || peer.lastError === undefined);
  return connected && ![...peers].some(isAwaited);
}

/** How often one asks oneself, besides when something has come. */
const ASK_MS = 1_000;

/** The wait after a start. */
export class FirstLook {
  readonly #peers: () => Iterable<StartingPeer | undefined>;
  readonly #onOver: () => void;
  #startedAt = 0;
  #over = false;
  #timer: NodeJS.Timeout | undefined;
  /** Set once each peer has said who it is, or was refused. */
  connected = false;

  /** `onOver` is called once, by whoever asks first when the wait is over. */
  constructor(peers: () => Iterable<StartingPeer | undefined>, onOver: () => void) {
    this.#peers = peers;
    this.#onOver = onOver;
  }

  /** The wait begins. */
  start(): void {
    this.#startedAt = performance.now();
    this.#timer = setInterval(() => this.isOver(), ASK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Once true, it stays so: from then on a peer that cannot be read is a fact to be told. */
  isOver(): boolean {
    if (!this.#over && hasLooked(performance.now() - this.#startedAt, this.connected, this.#peers())) {
      this.#over = true;
      this.stop();
      this.#onOver();
    }
    return this.#over;
  }
}
