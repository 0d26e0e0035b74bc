/** What the user asked for, read from the flags. */
import { parseMinReady } from "../../shared/protocol/readiness.ts";
import type { Selector } from "../../shared/selector.ts";
import type { Values } from "../command-line.ts";
import { CliError } from "../exit.ts";
import { parseLabels } from "../labels.ts";
import { durationOf, type GlobalOptions, listOf, readGlobalOptions, textOf } from "../options.ts";
import type { Strategy } from "./move.ts";

/** How a move is driven and shown. */
export interface DriveOptions extends GlobalOptions {
  yes: boolean;
  timeoutMs: number;
  settleMs: number;
  progress: string;
}

export interface MigrateOptions extends DriveOptions {
  service: string;
  /** Contexts. */
  from: string;
  to: string;
  others: readonly string[];
  strategy: Strategy | undefined;
  selector: Selector | undefined;
  minReady: string | undefined;
  /** Milliseconds. */
  holdMs: number | undefined;
  adopt: boolean;
  dryRun: "none" | "client" | "server";
  output: "json" | "yaml" | undefined;
}

/** Of `resume`, `rollback` and `abort`. */
export interface RecallOptions extends DriveOptions {
  service: string;
  /** Comma list as typed. */
  contexts: string | undefined;
  minReady: string | undefined;
  holdMs: number | undefined;
}

/** The options of `migrate` that a plan file may stand for; empty ones are for the caller to refuse. */
export function readMigrateOptions(values: Values): MigrateOptions {
  const from = textOf(values, "from") ?? "";
  const to = textOf(values, "to") ?? "";
  const dryRun = (textOf(values, "dry-run") ?? "none") as MigrateOptions["dryRun"];
  const output = textOf(values, "output") as MigrateOptions["output"];
  if (output && dryRun === "none")
    throw new CliError("-o prints a plan: give --dry-run=client or --dry-run=server too");
  return {
    ...readDriveOptions(values),
    service: textOf(values, "service") ?? "",
    from,
    to,
    others: listOf(textOf(values, "contexts")).filter((context) => context !== from && context !== to),
    strategy: textOf(values, "strategy") as Strategy | undefined,
    selector: parseLabels(textOf(values, "selector")),
    minReady: minReadyOf(values),
    holdMs: optionalDuration(values, "hold"),
    adopt: values["adopt"] === true,
    dryRun,
    output,
  };
}

/** Words after `migrate` that are commands if a Service follows, and else a Service's name. */
const RECALLS = ["resume", "rollback", "abort"];

/** Throws `CliError` naming what is missing to know which Service moves where. */
export function requirePlaces({ service, from, to }: MigrateOptions): void {
  if (RECALLS.includes(service) && from === "" && to === "") {
    throw new CliError(
      `migrate ${service}: which Service? To move one that is called "${service}", give --from and --to`,
      {
        next: `kubectl syndicate migrate ${service} SERVICE`,
      },
    );
  }
  const missing = Object.entries({ SERVICE: service, "--from": from, "--to": to }).filter(([, value]) => value === "");
  if (missing.length) {
    throw new CliError(`${missing.map(([name]) => name).join(", ")} missing; or give a plan with -f`, {
      next: "kubectl syndicate migrate --help",
    });
  }
  if (from === to) throw new CliError(`--from and --to are both "${from}"`);
}

/** The options of `resume`, `rollback` and `abort`. Throws `CliError`. */
export function readRecallOptions(values: Values): RecallOptions {
  return {
    ...readDriveOptions(values),
    service: textOf(values, "service") ?? "",
    contexts: textOf(values, "contexts"),
    minReady: minReadyOf(values),
    holdMs: optionalDuration(values, "hold"),
  };
}

function readDriveOptions(values: Values): DriveOptions {
  return {
    ...readGlobalOptions(values),
    yes: values["yes"] === true,
    timeoutMs: durationOf(values, "timeout"),
    settleMs: durationOf(values, "settle"),
    progress: textOf(values, "progress") ?? "auto",
  };
}

function optionalDuration(values: Values, name: string): number | undefined {
  return textOf(values, name) === undefined ? undefined : durationOf(values, name);
}

function minReadyOf(values: Values): string | undefined {
  const text = textOf(values, "min-ready");
  if (text === undefined || parseMinReady(text)) return text;
  throw new CliError(`--min-ready "${text}" is neither a whole number from 1 nor a percentage from 1% to 100%`);
}
