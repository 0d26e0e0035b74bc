/** The end of a call: by its time limit or by its caller. */

import { ApiError, type Asked } from "./api-error.ts";
import type { Clock } from "./clock.ts";

export interface Deadline {
  /** Aborted with an `ApiError` as its reason. */
  readonly signal: AbortSignal;
  /** The time limit no longer applies, the caller's signal still does. */
  stopTimer(): void;
  /** Neither applies any more. */
  cancel(): void;
}

export interface DeadlineOptions {
  clock: Clock;
  /** Milliseconds until the call fails with reason `Timeout`. */
  ms: number;
  /** Fails the call with reason `Aborted`. */
  signal?: AbortSignal | undefined;
}

/** Starts the countdown for a call; `asked` goes into its error. */
export function startDeadline(asked: Asked, { clock, ms, signal }: DeadlineOptions): Deadline {
  const controller = new AbortController();
  const end = (reason: string, message: string) =>
    controller.abort(new ApiError({ ...asked, status: 0, reason, message }));
  const stopTimer = clock.after(ms, () => end("Timeout", `no answer within ${ms / 1000} s`));
  const onAbort = () => end("Aborted", "ended by the caller");
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort);
  const cancel = () => {
    stopTimer();
    signal?.removeEventListener("abort", onAbort);
  };
  return { signal: controller.signal, stopTimer, cancel };
}
