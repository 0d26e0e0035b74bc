/** Lines at the end of a terminal's text that are drawn over again and again; what stands above them stays. */
import type { Output } from "../io.ts";
import { visibleLength } from "./wrap.ts";

/** Draws these lines in place of those of the last call; they may hold colours, and lines wider than the window. */
export type Region = (lines: readonly string[]) => void;

/** A region below what is on the screen now. */
export function openRegion(output: Pick<Output, "write" | "columns">): Region {
  let drawn: readonly string[] = [];
  return (lines) => {
    // A window made narrower meanwhile has broken what was drawn: it takes more rows than it had lines.
    const up = drawn.reduce((sum, line) => sum + rowsOf(line, output.columns), 0);
    // All is cleared first: behind a line that fills its row, a terminal would clear the last character of it.
    output.write(`${up > 0 ? `\x1b[${up}A` : ""}\x1b[J${lines.map((line) => `${line}\n`).join("")}`);
    drawn = lines;
  };
}

/** Rows a line takes in a window of so many columns. */
function rowsOf(line: string, columns: number): number {
  return Math.max(1, Math.ceil(visibleLength(line) / columns));
}

/** The first lines that fit into a window of so many rows, with room for the cursor. */
export function fitRows(
  lines: readonly string[],
  { columns, rows }: Pick<Output, "columns" | "rows">,
): readonly string[] {
  if (rows === undefined) return lines;
  let room = rows - 1;
  const end = lines.findIndex((line) => {
    room -= rowsOf(line, columns);
    return room < 0;
  });
  return end < 0 ? lines : lines.slice(0, end);
}
