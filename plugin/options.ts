/** Typed options out of flag values. A value that makes no sense is a `CliError` naming the flag. */
import type { Values } from "./command-line.ts";
import { parseDuration } from "./duration.ts";
import { CliError } from "./exit.ts";

/** What every command knows. */
export interface GlobalOptions {
  namespace: string | undefined;
  kubeconfig: string | undefined;
  /** Milliseconds for one answer of one cluster. */
  deadlineMs: number;
  as: string | undefined;
  asGroup: string | undefined;
  color: string;
}

/** The flags every command has. */
export function readGlobalOptions(values: Values): GlobalOptions {
  const deadlineMs = durationOf(values, "request-timeout");
  if (deadlineMs === 0) throw new CliError("--request-timeout must be more than 0");
  return {
    namespace: textOf(values, "namespace"),
    kubeconfig: textOf(values, "kubeconfig"),
    deadlineMs,
    as: textOf(values, "as"),
    asGroup: textOf(values, "as-group"),
    color: textOf(values, "color") ?? "auto",
  };
}

/** A text flag; undefined if it is absent or empty. */
export function textOf(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A duration flag in milliseconds. */
export function durationOf(values: Values, name: string): number {
  const text = textOf(values, name) ?? "0";
  const ms = parseDuration(text);
  if (ms === undefined) throw new CliError(`--${name} "${text}" is no duration; write it like 90s, 5m or 1h30m`);
  return ms;
}

/** A comma list without empty and repeated parts. */
export function listOf(text: string | undefined): string[] {
  const parts = (text ?? "").split(",").map((part) => part.trim());
  return [...new Set(parts.filter(Boolean))];
}
