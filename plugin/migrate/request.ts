/** What the user asked for, read from the flags and completed from what the clusters hold. */
import { MIN_READY } from "../../shared/keys.ts";
import { annotation } from "../../shared/kube/objects.ts";
import { contribution } from "../../shared/protocol/contribution.ts";
import type { ClusterView, ServiceKey } from "../../shared/protocol/snapshot.ts";
import { countReady } from "../../shared/protocol/usable.ts";
import type { Selector } from "../../shared/selector.ts";
import type { Values } from "../command-line.ts";
import { CliError } from "../exit.ts";
import { durationOf, type GlobalOptions, listOf, readGlobalOptions, textOf } from "../options.ts";
import type { Move, Strategy } from "./move.ts";
import { findStage } from "./progress.ts";

export interface MigrateOptions extends GlobalOptions {
  service: string;
  /** Contexts. */
  from: string;
  to: string;
  others: readonly string[];
  strategy: Strategy | undefined;
  selector: Selector | undefined;
  minReady: string | undefined;
  adopt: boolean;
  dryRun: "none" | "client" | "server";
  yes: boolean;
  timeoutMs: number;
  settleMs: number;
  progress: string;
}

/** The options of `migrate`. Throws `CliError`. */
export function readMigrateOptions(values: Values): MigrateOptions {
  const from = textOf(values, "from") ?? "";
  const to = textOf(values, "to") ?? "";
  if (from === to) throw new CliError(`--from and --to are both "${from}"`);
  return {
    ...readGlobalOptions(values),
    service: textOf(values, "service") ?? "",
    from,
    to,
    others: listOf(textOf(values, "contexts")).filter((context) => context !== from && context !== to),
    strategy: textOf(values, "strategy") as Strategy | undefined,
    selector: parseLabels(textOf(values, "selector")),
    minReady: textOf(values, "min-ready"),
    adopt: values["adopt"] === true,
    dryRun: (textOf(values, "dry-run") ?? "none") as MigrateOptions["dryRun"],
    yes: values["yes"] === true,
    timeoutMs: durationOf(values, "timeout"),
    settleMs: durationOf(values, "settle"),
    progress: textOf(values, "progress") ?? "auto",
  };
}

/** `app=web,tier=front` as a map. Throws `CliError`: sets and negations cannot stand in a Service. */
export function parseLabels(text: string | undefined): Selector | undefined {
  if (text === undefined) return undefined;
  const pairs = listOf(text).map((part) => {
    const [, key, value] = /^([^=!]+)==?([^=]*)$/.exec(part) ?? [];
    if (!key || value === undefined) {
      throw new CliError(`--selector "${text}": "${part}" is not key=value, all that a Service can select by`);
    }
    return [key.trim(), value.trim()] as const;
  });
  return pairs.length ? Object.fromEntries(pairs) : undefined;
}

/** The move, with what the user left open filled in. */
export function makeMove(
  options: MigrateOptions,
  key: ServiceKey,
  names: { from: string; to: string },
  views: ReadonlyMap<string, ClusterView>,
): Move {
  const headless = views.get(names.from)?.service?.spec.clusterIP === "None";
  const { selector, adopt } = options;
  const strategy = options.strategy ?? (headless ? "cutover" : "union");
  const move = { key, ...names, strategy, adopt, minReady: "1", ...(selector ? { selector } : {}) };
  return { ...move, minReady: options.minReady ?? defaultMinReady(move, views) };
}

/** What an earlier run noted, so that a second one does not count pods that are on their way out; else what serves now. */
function defaultMinReady(move: Move, views: ReadonlyMap<string, ClusterView>): string {
  const to = views.get(move.to)?.service;
  const noted = to && annotation(to, MIN_READY);
  const stage = findStage(move, { views });
  if (noted !== undefined && stage !== "declare") return noted;
  if (stage === "drain") return "1";
  const from = views.get(move.from);
  return String(Math.max(1, from?.service ? countReady(contribution(from).slices, from.service) : 0));
}

/** The words of this call, to be offered as the command that goes on. */
export function repeatCommand(options: MigrateOptions, move: Move): string {
  const flags = [
    `--from ${options.from} --to ${options.to}`,
    ...(options.others.length ? [`--contexts ${options.others.join(",")}`] : []),
    `--strategy ${move.strategy}`,
    ...(options.kubeconfig === undefined ? [] : [`--kubeconfig ${options.kubeconfig}`]),
  ];
  return `kubectl syndicate migrate ${move.key.name} -n ${move.key.namespace} ${flags.join(" ")}`;
}
