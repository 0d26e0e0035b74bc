/** Texts of a migration: what is moved, preflight, plan, and how it ended. */
import { formatDuration } from "../duration.ts";
import type { Check, SideFacts } from "../migrate/facts.ts";
import type { Move } from "../migrate/move.ts";
import type { PlannedStep } from "../migrate/plan.ts";
import type { Wait } from "../migrate/situation.ts";
import { type Paint, signOf } from "./paint.ts";
import { plain, renderTable, widthOf } from "./table.ts";
import { wrapLines } from "./wrap.ts";

/** Everything a person approves. */
export interface Preview {
  head(paint: Paint): string[];
  checks: readonly Check[];
  plan: readonly PlannedStep[];
}

/** The lines of a preview, in a terminal of so many columns none wider than that. */
export function renderPreview(
  { head, checks, plan }: Preview,
  paint: Paint,
  columns = Number.POSITIVE_INFINITY,
): string[] {
  const checked = checks.length ? [...renderChecks(checks, paint), ""] : [];
  return wrapLines([...head(paint), "", ...checked, ...renderPlan(plan, paint, columns)], columns);
}

function place({ cluster, context, server, uid }: SideFacts): string {
  return `${cluster} (context ${context}, ${server}, id ${uid.slice(0, 8) || "unknown"})`;
}

/** Who moves what where. Context, server and identity are named, so that nobody approves a move of the wrong cluster. */
export function renderMoveHead(move: Move, from: SideFacts, to: SideFacts, paint: Paint): string[] {
  const { namespace, name } = move.key;
  return [
    paint.bold(`Move ${namespace}/${name}   ${move.from} ${paint.signs.arrow} ${move.to}   strategy ${move.strategy}`),
    `  from  ${place(from)}`,
    `  to    ${place(to)}`,
  ];
}

/** A move that was begun before: who, when, and where it leads. `ago` in milliseconds. */
export function renderBegun(id: string, by: string | undefined, ago: number): string {
  return `  begun ${formatDuration(Math.max(0, ago))} ago${by === undefined ? "" : ` by ${by}`} as ${id}`;
}

/** What a rollback gives back to whom. */
export function renderReturnHead(
  { key, what }: { key: { namespace: string; name: string }; what: string },
  from: SideFacts,
  to: SideFacts,
  paint: Paint,
): string[] {
  return [
    paint.bold(`${what} ${key.namespace}/${key.name}   ${from.cluster} ${paint.signs.arrow} ${to.cluster}`),
    `  from  ${place(from)}`,
    `  to    ${place(to)}`,
  ];
}

/** All checks, the bad ones with a command that helps. */
export function renderChecks(checks: readonly Check[], paint: Paint): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, state, detail, next }) => [
    `  ${signOf(state, paint)} ${name.padEnd(width)}   ${detail.replaceAll("→", paint.signs.arrow)}`,
    ...(state === "ok" || next === undefined ? [] : [`      see: ${next}`]),
  ]);
  return ["Preflight", ...lines];
}

/** The steps with their cluster and how each is undone. */
export function renderPlan(plan: readonly PlannedStep[], paint: Paint, columns = Number.POSITIVE_INFINITY): string[] {
  const rows = plan.map(({ text, where, undo }, i) =>
    plain(`  ${i + 1}  ${text.replaceAll("→", paint.signs.arrow)}`, where, undo),
  );
  const table = [plain("Steps", "cluster", "undo"), ...rows];
  if (widthOf(table) <= columns) return renderTable(table);
  const stacked = plan.flatMap(({ text, where, undo }, i) => [
    `  ${i + 1}  ${where}: ${text.replaceAll("→", paint.signs.arrow)}`,
    `       undo: ${undo}`,
  ]);
  return ["Steps", ...stacked];
}

/** A wait with the command that helps, if there is one. */
export interface ExplainedWait extends Wait {
  next?: string | undefined;
}

/** How a drive ended without having arrived. */
export interface Stop {
  headline: string;
  waits: readonly ExplainedWait[];
  goOn?: string | undefined;
  goBack?: string | undefined;
}

/** Where a move stopped, what it waits for, and how to go on or back. */
export function renderStop({ headline, waits, goOn, goBack }: Stop): string[] {
  return [
    headline,
    ...waits.flatMap(({ cluster, message, next }) => [
      `  waits for ${cluster}: ${message}`,
      ...(next === undefined ? [] : [`    see: ${next}`]),
    ]),
    "Traffic goes on; nothing is lost by leaving it so.",
    ...(goOn === undefined ? [] : [`  go on:    ${goOn}`]),
    ...(goBack === undefined ? [] : [`  go back:  ${goBack}`]),
  ];
}
