import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describeMachine } from "./machine.ts";
import { type Bench, type Row, renderRows } from "./row.ts";

const FILE = fileURLToPath(new URL("../../docs/benchmarks.md", import.meta.url));

/** What a run measured, and on which Kubernetes. */
export interface Outcome {
  name: string;
  /** The part that is written down for itself; empty: all of it. */
  part: string;
  bench: Bench;
  rows: readonly Row[];
  kubernetes: string;
  seconds: number;
}

/** Puts the result in place of the earlier one of the same name and part in docs/benchmarks.md; the rest of the page stays. */
export function recordOutcome(outcome: Outcome): void {
  const page = existsSync(FILE) ? readFileSync(FILE, "utf8") : "# Benchmarks\n";
  writeFileSync(FILE, replaceSection(page, fullName(outcome), renderOutcome(outcome)));
}

function fullName({ name, part }: Outcome): string {
  return part ? `${name}, ${part}` : name;
}

function renderOutcome({ name, part, bench, rows, kubernetes, seconds }: Outcome): string {
  const date = new Date().toISOString().slice(0, 10);
  return [
    ...(part ? [] : ["", bench.describe]),
    "",
    `\`npm run bench -- ${name}${part && ` --only ${part}`}\`, ${date}, ${Math.round(seconds)} s, on ${describeMachine()}, Kubernetes ${kubernetes}:`,
    "",
    ...renderRows(rows),
    "",
  ].join("\n");
}

/** The text between this bench's two marks replaced; a section at the end if there is none yet. */
export function replaceSection(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- result of ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) return `${page.trimEnd()}\n\n## ${name}\n\n${begin}\n${text}\n${end}\n`;
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
}
