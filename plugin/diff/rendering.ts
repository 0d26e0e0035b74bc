/** A comparison as a table: one line per field, one column per cluster. */
import type { Paint } from "../render/paint.ts";
import { type Cell, plain, renderTable } from "../render/table.ts";
import type { FieldRow } from "./comparison.ts";

/** The lines of `diff`; none for no rows. */
export function renderRows(
  rows: readonly FieldRow[],
  clusters: readonly string[],
  paint: Paint,
  headers: boolean,
): string[] {
  if (rows.length === 0) return [];
  const cells = rows.map(({ field, equal, values }): Cell[] => [
    { text: equal ? field : `${paint.signs.warn} ${field}`, ...(equal ? {} : { paint: paint.warn }) },
    ...plain(...clusters.map((cluster) => values[cluster] ?? "-")),
  ]);
  return renderTable(headers ? [plain("FIELD", ...clusters.map((name) => name.toUpperCase())), ...cells] : cells);
}
