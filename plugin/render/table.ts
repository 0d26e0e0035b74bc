/** Tables as kubectl prints them: columns three spaces apart, no lines, nothing behind the last column. */

/** A cell; `paint` colours it after it was measured. */
export interface Cell {
  text: string;
  paint?: (text: string) => string;
}

const GAP = 3;
/** A column is never narrower, as with kubectl. */
const LEAST_WIDTH = 6;

/** The lines of a table. `widths` keeps the columns of a table aligned that is printed in parts: it grows. */
export function renderTable(rows: readonly (readonly Cell[])[], widths: number[] = []): string[] {
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.text.length);
  return rows.map((row) =>
    row
      .map((cell, i) => renderCell(cell, i === row.length - 1 ? 0 : Math.max(LEAST_WIDTH, (widths[i] ?? 0) + GAP)))
      .join(""),
  );
}

/** Columns the widest line of a table takes. */
export function widthOf(rows: readonly (readonly Cell[])[]): number {
  const unpainted = rows.map((row) => row.map(({ text }) => ({ text })));
  return Math.max(...renderTable(unpainted).map((line) => line.length));
}

function renderCell({ text, paint }: Cell, width: number): string {
  return (paint ? paint(text) : text) + " ".repeat(Math.max(0, width - text.length));
}

/** Cells without paint. */
export function plain(...texts: readonly string[]): Cell[] {
  return texts.map((text) => ({ text }));
}
