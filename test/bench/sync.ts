import { measureLeaks } from "./leaks.ts";
import { measureChanges, measureStorm } from "./propagation.ts";
import { type Bench, type BenchOptions, makeRow, type PartResult, percentile, type Row } from "./row.ts";
import { measureScale } from "./scale.ts";

const PARTS: ReadonlyMap<string, (options: BenchOptions) => Promise<PartResult>> = new Map([
  ["changes", measureChanges],
  ["storm", measureStorm],
  ["scale", measureScale],
  ["leaks", measureLeaks],
]);

/** A timer of 10 ms measures the event loop: idle, it shows those 10 ms. */
const MAX_LAG_MS = 50;

/** The sync process beside the least that could do the same. */
export const sync: Bench = {
  describe: "The sync process: how fast changes travel, start and restart with thousands of Services, memory, leaks.",
  parts: [...PARTS.keys()],
  apart: true,
  async run(options) {
    const results: PartResult[] = [];
    for (const part of options.parts) {
      const measure = PARTS.get(part);
      if (measure) results.push(await measure(options));
    }
    return [...results.flatMap(({ rows }) => rows), ...judgeLag(results.flatMap(({ lags }) => lags))];
  },
};

/** Of the rounds of a phase the median counts, as everywhere: a burst of work of somebody else spoils its round and no other. */
function judgeLag(lags: PartResult["lags"]): Row[] {
  const phases = [...Map.groupBy(lags, ({ during }) => during)].map(([during, rounds]) => ({
    during,
    millis: percentile(
      rounds.map(({ millis }) => millis),
      0.5,
    ),
    idle: percentile(
      rounds.map(({ idle }) => idle),
      0.5,
    ),
  }));
  const [worst] = phases.sort((a, b) => b.millis - a.millis);
  if (!worst) return [];
  const name = `event loop, p99 of its delay, worst phase (${worst.during})`;
  return [makeRow({ name, unit: "ms", value: worst.millis, floor: worst.idle, atMost: { value: MAX_LAG_MS } })];
}
