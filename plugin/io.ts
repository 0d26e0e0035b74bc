/** The world a command runs in. Commands take it; only main.ts makes a real one. */
import type { Clock } from "../shared/kube/clock.ts";
import { printable } from "./render/printable.ts";

export interface Output {
  write(text: string): void;
  isTTY: boolean;
  /** Width in columns; 80 where unknown. */
  columns: number;
  /** Height in lines, of a terminal. */
  rows?: number | undefined;
}

export interface Io {
  env: Readonly<Record<string, string | undefined>>;
  /** The answer, nothing else. */
  stdout: Output;
  /** Warnings, progress, questions. */
  stderr: Output;
  /** True if a person can answer. */
  canAsk: boolean;
  /** Asks on stderr and resolves with the line typed; undefined if input ended or `signal` was aborted. */
  ask(question: string): Promise<string | undefined>;
  /** What was piped in, opened when it is asked for. */
  input(): AsyncIterable<Uint8Array | string>;
  /** Aborted with reason `SIGINT` or `SIGTERM` when the user wants us to stop. */
  signal: AbortSignal;
  /** From here on whoever reads stdout may go away, and ends nothing: what is begun is finished, and its talk is dropped. */
  outliveReader(): void;
  clock: Clock;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Writes lines of talk to stderr. */
export function tell(io: Pick<Io, "stderr">, ...lines: readonly string[]): void {
  for (const line of lines) io.stderr.write(`${printable(line)}\n`);
}
