/** One measured figure beside its floor: the same work done by the least that could do it, in the same run. */
export interface Row {
  name: string;
  unit: string;
  value: number;
  floor: number;
  /** `value` to `floor`. */
  ratio: number;
  /** Bound on the ratio: at most this where less is better, at least this where more is better; undefined: only told. */
  reach: number | undefined;
  better: "less" | "more";
  ok: boolean;
}

/** A benchmark: measures, for at most 12 minutes, and names what it found. */
export interface Bench {
  /** One sentence: what is measured between which two moments. */
  describe: string;
  run(tell: (line: string) => void): Promise<Row[]>;
}

/** Judges a figure. A floor or value that is not a positive number is never ok. */
export function makeRow(measured: Pick<Row, "name" | "unit" | "value" | "floor" | "reach" | "better">): Row {
  const { value, floor, reach, better } = measured;
  const ratio = value / floor;
  const within = reach === undefined || (better === "less" ? ratio <= reach : ratio >= reach);
  return { ...measured, ratio, ok: value > 0 && floor > 0 && Number.isFinite(ratio) && within };
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
  const { name, unit, value, floor, ratio, reach, ok } = row;
  const bound = reach === undefined ? "–" : `${row.better === "less" ? "≤" : "≥"} ${reach}×`;
  return [name, unit, digits(value), digits(floor), `${ratio.toFixed(2)}×`, bound, ok ? "yes" : "NO"];
}

function digits(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}

/** The rows as a Markdown table, aligned so that it reads well on a terminal too. */
export function renderRows(rows: readonly Row[]): string[] {
  const table = [HEAD, ...rows.map(cells)];
  const widths = HEAD.map((_, i) => Math.max(...table.map((line) => line[i]?.length ?? 0)));
  const lines = table.map((line) => `| ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`);
  return [lines[0] ?? "", `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...lines.slice(1)];
}
