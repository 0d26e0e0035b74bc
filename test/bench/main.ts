import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { findBinaries } from "../lab/binaries/binaries.ts";
import { recordOutcome } from "./document.ts";
import { plugin } from "./plugin.ts";
import { type Bench, type BenchOptions, type Row, renderRows } from "./row.ts";
import { sync } from "./sync.ts";
import { webhook } from "./webhook.ts";

const BENCHES: ReadonlyMap<string, Bench> = new Map([
  ["plugin", plugin],
  ["sync", sync],
  ["webhook", webhook],
]);
const LIMIT_MS = 20 * 60_000;
const tell = (line: string) => void process.stderr.write(`${line}\n`);

const USAGE = `npm run bench -- NAME [--json FILE] [--only PART,PART]

Measures, prints a table, writes it into docs/benchmarks.md; exit code 1 if a figure is out of reach.
BENCH_SCALE=0.1 makes everything that is counted in objects that much smaller. A run that is smaller, or of some parts
only where parts are written down together, is printed and not written down.

${[...BENCHES].map(([name, { describe, parts }]) => `  ${name}   ${describe}${parts ? ` Parts: ${parts.join(", ")}.` : ""}`).join("\n")}`;

async function measure(name: string, bench: Bench, options: BenchOptions): Promise<Row[]> {
  const started = performance.now();
  const { version: kubernetes } = await findBinaries(tell);
  const limit = setTimeout(() => {
    tell(`${name} has not ended within ${LIMIT_MS / 60_000} minutes`);
    process.exit(1);
  }, LIMIT_MS);
  const rows = await bench.run(options).finally(() => clearTimeout(limit));
  console.log(renderRows(rows).join("\n"));
  const part = bench.apart ? options.parts.join() : "";
  const whole = part !== "" || options.parts.length === (bench.parts ?? []).length;
  const seconds = (performance.now() - started) / 1000;
  if (options.scale === 1 && whole) recordOutcome({ name, part, bench, rows, kubernetes, seconds });
  return rows;
}

/** Parts that stand for themselves are told and written down before the next one begins. */
async function measureAll(name: string, bench: Bench, options: BenchOptions, json?: string): Promise<number> {
  const turns = bench.apart ? options.parts.map((part) => [part]) : [options.parts];
  const rows: Row[] = [];
  for (const parts of turns) rows.push(...(await measure(name, bench, { ...options, parts })));
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ name, rows }, null, 2)}\n`);
  return rows.length > 0 && rows.every(({ ok }) => ok) ? 0 : 1;
}

function chooseParts(bench: Bench, only: string | undefined): readonly string[] {
  const { parts = [] } = bench;
  if (only === undefined) return parts;
  const chosen = only.split(",");
  const unknown = chosen.filter((part) => !parts.includes(part));
  if (unknown.length > 0) throw new Error(`no part ${unknown.join(", ")}, only: ${parts.join(", ") || "the whole"}`);
  return chosen;
}

try {
  const options = { json: { type: "string" }, only: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const [name = "", ...rest] = positionals;
  const bench = BENCHES.get(name);
  if (bench && rest.length === 0) {
    const scale = Number(process.env["BENCH_SCALE"] || "1");
    if (!(scale > 0)) throw new Error(`BENCH_SCALE "${process.env["BENCH_SCALE"]}" is no number above 0, such as 0.1`);
    const parts = chooseParts(bench, values.only);
    process.exitCode = await measureAll(name, bench, { parts, scale, tell }, values.json);
  } else {
    tell(USAGE);
    process.exitCode = 2;
  }
} catch (error) {
  tell(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}
