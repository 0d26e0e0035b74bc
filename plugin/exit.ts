/** Exit codes, documented in docs/plugin.md; scripts rely on them. */

export const EXIT = {
  done: 0,
  /** Any error, usage errors included, as kubectl does. */
  error: 1,
  /** The command worked and the answer is bad. */
  badAnswer: 2,
  /** Time is up; everything is safe and the same command goes on. */
  timedOut: 3,
  /** Refused before the first write. */
  refused: 4,
  /** Somebody else ended it: by an abort or a rollback. */
  ended: 5,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit code of a run that its user stopped. */
export function stopCode({ signal }: { signal: AbortSignal }): ExitCode {
  return signal.reason === "SIGTERM" ? EXIT.terminated : EXIT.interrupted;
}

/** An error for people: printed as one text without a stack. `next` is a command that helps. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: ExitCode;
  readonly next: string | undefined;

  constructor(message: string, options: { code?: ExitCode; next?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code ?? EXIT.error;
    this.next = options.next;
  }
}
