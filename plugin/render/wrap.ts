/** Lines made to fit a terminal. Widths in columns; without a terminal they are infinite, and nothing changes. */
import { stripVTControlCharacters } from "node:util";
import type { Output } from "../io.ts";

/** How wide a line may be there: only a terminal has an edge. */
export function edgeOf({ isTTY, columns }: Pick<Output, "isTTY" | "columns">): number {
  return isTTY ? columns : Number.POSITIVE_INFINITY;
}

/** Columns that a text takes, colours not counted. */
export function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Lines of at most so many columns, broken at spaces, all but the first indented; colours go on over the break. */
export function wrap(text: string, columns: number, indent: number): string[] {
  if (visibleLength(text) <= columns) return [text];
  const at = lastSpace(text, columns);
  const end = at > indexOf(text, indent) ? at : indexOf(text, columns);
  return [
    text.slice(0, end),
    ...wrap(" ".repeat(indent) + text.slice(end).trimStart(), Math.max(columns, indent + 8), indent),
  ];
}

/** Each line wrapped, indented two columns deeper than it begins. Commands are left whole, to be copied. */
export function wrapLines(lines: readonly string[], columns: number): string[] {
  return lines.flatMap((line) => {
    if (/^ *(see|next|go on|go back):/.test(line)) return [line];
    const plain = stripVTControlCharacters(line);
    return wrap(line, columns, plain.length - plain.trimStart().length + 2);
  });
}

/** Where the text has its last space that stands at most so many columns from its beginning. */
function lastSpace(text: string, columns: number): number {
  return text.lastIndexOf(" ", indexOf(text, columns));
}

/** Index of the character that stands so many columns from the beginning. */
function indexOf(text: string, columns: number): number {
  let end = Math.min(columns, text.length);
  while (end < text.length && visibleLength(text.slice(0, end)) < columns) end += 1;
  return end;
}

/** The line, its end cut off where it does not fit. */
export function cut(line: string, columns: number, ellipsis: string): string {
  return line.length <= columns ? line : line.slice(0, Math.max(0, columns - ellipsis.length)) + ellipsis;
}
