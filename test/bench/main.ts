import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { findBinaries } from "../lab/binaries/binaries.ts";
import { recordOutcome } from "./document.ts";
import { propagation } from "./propagation.ts";
import { type Bench, renderRows } from "./row.ts";
import { webhook } from "./webhook.ts";

const BENCHES: ReadonlyMap<string, Bench> = new Map([
  ["propagation", propagation],
  ["webhook", webhook],
]);
const LIMIT_MS = 12 * 60_000;
const tell = (line: string) => void process.stderr.write(`${line}\n`);

const USAGE = `npm run bench -- NAME [--json FILE]

Measures, prints a table, writes it into docs/benchmarks.md; exit code 1 if a figure is out of reach.

${[...BENCHES].map(([name, { describe }]) => `  ${name}   ${describe}`).join("\n")}`;

async function measure(name: string, bench: Bench, json: string | undefined): Promise<number> {
  const started = performance.now();
  const { version } = await findBinaries(tell);
  const limit = setTimeout(() => {
    tell(`${name} has not ended within ${LIMIT_MS / 60_000} minutes`);
    process.exit(1);
  }, LIMIT_MS);
  const rows = await bench.run(tell).finally(() => clearTimeout(limit));
  console.log(renderRows(rows).join("\n"));
  const outcome = { name, bench, rows, kubernetes: version, seconds: (performance.now() - started) / 1000 };
  recordOutcome(outcome);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ name, kubernetes: version, rows }, null, 2)}\n`);
  return rows.length > 0 && rows.every(({ ok }) => ok) ? 0 : 1;
}

try {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "string" } } });
  const [name = "", ...rest] = positionals;
  const bench = BENCHES.get(name);
  if (bench && rest.length === 0) process.exitCode = await measure(name, bench, values.json);
  else {
    tell(USAGE);
    process.exitCode = 2;
  }
} catch (error) {
  tell(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}
