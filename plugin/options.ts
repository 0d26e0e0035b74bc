/** Typed options out of flag values. A value that makes no sense is a `CliError` naming the flag. */
import type { Impersonation } from "./clusters/credentials.ts";
import { type Overrides, readOverrides } from "./clusters/overrides.ts";
import type { Values } from "./command-line.ts";
import { parseDuration } from "./duration.ts";
import { CliError } from "./exit.ts";

/** What every command knows. */
export interface GlobalOptions {
  namespace: string | undefined;
  kubeconfig: string | undefined;
  /** Milliseconds for one answer of one cluster. */
  deadlineMs: number;
  impersonate: Impersonation;
  overrides: Overrides;
  /** As kubectl's `-v`: from 6 on every request is told. */
  verbosity: number;
  warningsAsErrors: boolean;
  color: string;
}

/** The longest a timer of Node can run, 24 days. */
const NO_LIMIT_MS = 2 ** 31 - 1;

/** The flags every command has. Throws `CliError` for values that make no sense, an empty `--contexts` included. */
export function readGlobalOptions(values: Values): GlobalOptions {
  // Without the flag all contexts are meant: not what a variable that is not set shall stand for.
  const { contexts } = values;
  if (typeof contexts === "string" && listOf(contexts).length === 0) {
    throw new CliError(`--contexts "${contexts}" names none; leave it out to look at all`);
  }
  return {
    namespace: textOf(values, "namespace"),
    kubeconfig: textOf(values, "kubeconfig"),
    deadlineMs: Math.min(requestTimeout(values) || NO_LIMIT_MS, NO_LIMIT_MS),
    impersonate: { user: textOf(values, "as"), groups: textsOf(values, "as-group"), uid: textOf(values, "as-uid") },
    overrides: readOverrides(values),
    verbosity: verbosityOf(values),
    warningsAsErrors: values["warnings-as-errors"] === true,
    color: textOf(values, "color") ?? "auto",
  };
}

/** kubectl takes a bare number for seconds here, and nowhere else. */
function requestTimeout(values: Values): number {
  const text = textOf(values, "request-timeout") ?? "0";
  return /^\d+$/.test(text) ? Number(text) * 1000 : durationOf(values, "request-timeout");
}

function verbosityOf(values: Values): number {
  const text = textOf(values, "v") ?? "0";
  if (!/^\d+$/.test(text)) throw new CliError(`-v "${text}" is no number`);
  return Number(text);
}

/** A flag that may be repeated; a value may hold several, separated by commas, as in kubectl. */
export function textsOf(values: Values, name: string): string[] {
  const value = values[name];
  return listOf([value ?? []].flat().map(String).join(","));
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
