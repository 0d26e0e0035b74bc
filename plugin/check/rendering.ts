/** The report of `check` as text: what is wrong, and how much is well. */
import type { Check } from "../migrate/facts.ts";
import { type Paint, signOf } from "../render/paint.ts";

/** Checks of one cluster, or of all together. */
export interface Group {
  title: string;
  checks: readonly Check[];
}

/** How many checks ended how. */
export function countChecks(groups: readonly Group[]): { failed: number; warnings: number; passed: number } {
  const all = groups.flatMap(({ checks }) => checks);
  const count = (wanted: Check["state"]) => all.filter(({ state }) => state === wanted).length;
  return { failed: count("fail"), warnings: count("warn"), passed: count("ok") };
}

/** The lines; good checks are counted, with `all` they are shown. */
export function renderReport(groups: readonly Group[], paint: Paint, all: boolean): string[] {
  const { failed, warnings, passed } = countChecks(groups);
  const verdict = `${failed} failed, ${warnings} warning${warnings === 1 ? "" : "s"}, ${passed} passed`;
  const colour = failed ? paint.bad : warnings ? paint.warn : paint.good;
  return [...groups.flatMap((group) => renderGroup(group, paint, all)), colour(verdict)];
}

function renderGroup({ title, checks }: Group, paint: Paint, all: boolean): string[] {
  const shown = all ? checks : checks.filter(({ state }) => state !== "ok");
  const width = Math.max(0, ...shown.map(({ name }) => name.length));
  const hidden = checks.length - shown.length;
  return [
    paint.bold(title),
    ...shown.flatMap(({ name, state, detail, next }) => [
      `  ${signOf(state, paint)} ${name.padEnd(width)}   ${detail}`,
      ...(state === "ok" || next === undefined ? [] : [`      next: ${next}`]),
    ]),
    ...(hidden > 0 ? [`  ${signOf("ok", paint)} ${hidden} check${hidden === 1 ? "" : "s"} passed`] : []),
  ];
}
