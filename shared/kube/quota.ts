/** How much of a collection is kept: a server that is not ours to trust must not fill our memory. */

import { ApiError, type Asked, MALFORMED } from "./api-error.ts";
import type { KubeObject } from "./objects.ts";

export interface QuotaLimits {
  /** Objects of one kind. */
  objects: number;
  /** Characters of JSON of all of them together, as they are kept. */
  bytes: number;
}

const REASON = "QuotaExceeded";

/** A quota is looked at again after this time: the server may have come to its senses, but a list may be long. */
const RETRY_SECONDS = 60;

/** Counts the objects of one collection; throws before one is kept that is too many or too much. */
export class Quota {
  readonly #limits: QuotaLimits;
  readonly #asked: Asked;
  #objects = 0;
  #bytes = 0;

  constructor(limits: QuotaLimits, asked: Asked) {
    this.#limits = limits;
    this.#asked = asked;
  }

  /** A list begins: counting starts anew. */
  begin(): void {
    this.#objects = 0;
    this.#bytes = 0;
  }

  /** One object takes the place of another; undefined: there is none. Throws an `ApiError`, see `isQuarantineError`. */
  replace(previous: KubeObject | undefined, next: KubeObject | undefined): void {
    const { objects, bytes } = this.#limits;
    this.#objects += (next ? 1 : 0) - (previous ? 1 : 0);
    this.#bytes += sizeOf(next) - sizeOf(previous);
    if (this.#objects > objects) throw this.#exceeded(`more than ${objects} objects`);
    if (this.#bytes > bytes) throw this.#exceeded(`more than ${bytes} bytes of objects`);
  }

  #exceeded(message: string): ApiError {
    return new ApiError({ ...this.#asked, status: 0, reason: REASON, message, retryAfterSeconds: RETRY_SECONDS });
  }
}

/** True for what bars a cluster: it says more than a quota allows, or what no API server says. */
export function isQuarantineError(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.reason === REASON || error.reason === MALFORMED);
}

function sizeOf(object: KubeObject | undefined): number {
  return object === undefined ? 0 : JSON.stringify(object).length;
}
