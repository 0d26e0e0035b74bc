/** Texts of a migration: preflight, plan, and how it ended. */
import type { Check, SideFacts } from "../migrate/facts.ts";
import type { Move } from "../migrate/move.ts";
import type { PlannedStep } from "../migrate/plan.ts";
import type { Wait } from "../migrate/situation.ts";
import type { Paint } from "./paint.ts";
import { plain, renderTable } from "./table.ts";

/** Who moves what where. Context and server are named, so that nobody approves a move of the wrong cluster. */
export function renderMoveHead(move: Move, from: SideFacts, to: SideFacts, paint: Paint): string[] {
  const place = ({ cluster, context, server }: SideFacts) => `${cluster} (context ${context}, ${server})`;
  const { namespace, name } = move.key;
  return [
    paint.bold(`Move ${namespace}/${name}   ${move.from} ${paint.signs.arrow} ${move.to}   strategy ${move.strategy}`),
    `  from  ${place(from)}`,
    `  to    ${place(to)}`,
  ];
}

/** All checks, the bad ones with a command that helps. */
export function renderChecks(checks: readonly Check[], paint: Paint): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const { ok, warn, fail } = paint.signs;
  const sign = { ok: paint.good(ok), warn: paint.warn(warn), fail: paint.bad(fail) };
  const lines = checks.flatMap(({ name, state, detail, next }) => [
    `  ${sign[state]} ${name.padEnd(width)}   ${detail}`,
    ...(state === "ok" || next === undefined ? [] : [`      see: ${next}`]),
  ]);
  return ["Preflight", ...lines];
}

/** The steps with their cluster and how each is undone. */
export function renderPlan(plan: readonly PlannedStep[], paint: Paint): string[] {
  const rows = plan.map(({ text, where, undo }, i) =>
    plain(`  ${i + 1}  ${text.replaceAll("→", paint.signs.arrow)}`, where, undo),
  );
  return renderTable([plain("Steps", "cluster", "undo"), ...rows]);
}

/** Where a move stopped, what it waits for, and how to go on or back. */
export function renderStop(stop: { headline: string; waits: readonly Wait[]; goOn: string; goBack: string }): string[] {
  return [
    stop.headline,
    ...stop.waits.map(({ cluster, message }) => `  waits for ${cluster}: ${message}`),
    "Traffic goes on; nothing is lost by leaving it so.",
    `  go on:    ${stop.goOn}`,
    `  go back:  ${stop.goBack}`,
  ];
}
