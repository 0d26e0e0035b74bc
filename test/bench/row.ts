/** One measured figure, where it can be beside its floor: the same work done by the least that could do it, in the same run. */
export interface Row {
  name: string;
  unit: string;
  value: number;
  /** What the least that could do it takes, same unit. */
  floor?: number;
  /** The bound, on the ratio of value to floor or on the value itself; a row without one is told, not judged. */
  atMost?: { ratio: number } | { value: number };
  /** Where more is better: the bound on the ratio of value to floor. */
  atLeast?: { ratio: number };
  ok: boolean;
}

/** A benchmark: measures, and names what it found. */
export interface Bench {
  /** One sentence: what is measured. */
  describe: string;
  /** Names of its parts, which can be run alone; none: it is one. */
  parts?: readonly string[];
  /** Each part is measured and written down for itself. Default: they are written down together, or not at all. */
  apart?: boolean;
  run(options: BenchOptions): Promise<Row[]>;
}

export interface BenchOptions {
  /** The parts to measure. */
  parts: readonly string[];
  /** Numbers of objects are multiplied by it; 1 for figures that count. */
  scale: number;
  tell(line: string): void;
}

/** What one part of a bench found. */
export interface PartResult {
  rows: Row[];
  /** 99th percentiles of the event loop's delay of the sync process, during what, and of a process that did nothing meanwhile. */
  lags: { during: string; millis: number; idle: number }[];
}

/** Judges a figure. A value or floor that is no number, or a floor that is not positive, is never ok. */
export function makeRow(measured: Omit<Row, "ok">): Row {
  const { value, floor, atMost, atLeast } = measured;
  const sound = Number.isFinite(value) && value >= 0 && (floor === undefined || floor > 0);
  const enough = atLeast === undefined || (floor !== undefined && value / floor >= atLeast.ratio);
  return { ...measured, ok: sound && enough && (atMost === undefined || isWithin(value, floor, atMost)) };
}

function isWithin(value: number, floor: number | undefined, atMost: NonNullable<Row["atMost"]>): boolean {
  if ("value" in atMost) return value <= atMost.value;
  return floor !== undefined && value / floor <= atMost.ratio;
}

/** The value below which the given share of the values is (nearest rank). Throws when there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (value === undefined) throw new Error("no values were measured");
  return value;
}

const HEAD = ["what", "unit", "ours", "floor", "ratio", "reach", "ok"];

function cells(row: Row): string[] {
  const { name, unit, value, floor } = row;
  const ratio = floor === undefined ? "–" : `${(value / floor).toFixed(2)}×`;
  return [name, unit, digits(value), floor === undefined ? "–" : digits(floor), ratio, bound(row), verdict(row)];
}

function bound({ atMost, atLeast }: Row): string {
  if (atLeast) return `≥ ${atLeast.ratio}×`;
  if (!atMost) return "–";
  return "ratio" in atMost ? `≤ ${atMost.ratio}×` : `≤ ${atMost.value}`;
}

function verdict({ atMost, atLeast, ok }: Row): string {
  if (!ok) return "NO";
  return atMost || atLeast ? "yes" : "–";
}

function digits(value: number): string {
  if (Number.isInteger(value)) return `${value}`;
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

/** The rows as a Markdown table, aligned so that it reads well on a terminal too. */
export function renderRows(rows: readonly Row[]): string[] {
  const table = [HEAD, ...rows.map(cells)];
  const widths = HEAD.map((_, i) => Math.max(...table.map((line) => line[i]?.length ?? 0)));
  const lines = table.map((line) => `| ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`);
  return [lines[0] ?? "", `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...lines.slice(1)];
}
