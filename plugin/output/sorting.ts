/** `--sort-by` as kubectl sorts. Pure. */
import { CliError } from "../exit.ts";
import { findResults } from "../jsonpath/evaluation.ts";
import { parseRelaxed } from "./custom-columns.ts";

/**
 * The items in the order of what the path finds in each; those without it first. Throws `CliError` if no item has it, or
 * what it finds cannot be put in order.
 */
export function sortBy<T>(items: readonly T[], path: string): T[] {
  const template = parseRelaxed(path);
  const keyed = items.map((item) => ({ item, key: findResults(template, item).flat()[0] }));
  if (items.length > 0 && keyed.every(({ key }) => key === undefined)) {
    throw new CliError(`couldn't find any field with path "${path}" in the list of objects`);
  }
  return keyed.sort((a, b) => compare(a.key, b.key, path)).map(({ item }) => item);
}

function compare(a: unknown, b: unknown, path: string): number {
  if (a === undefined || a === null || b === undefined || b === null) return rank(a) - rank(b);
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") return compareNaturally(a, b);
  throw new CliError(`--sort-by ${path}: only numbers and texts have an order`);
}

function rank(value: unknown): number {
  return value === undefined || value === null ? 0 : 1;
}

/** `web-9` before `web-10`: runs of digits count as numbers. */
export function compareNaturally(a: string, b: string): number {
  const [left, right] = [chunksOf(a), chunksOf(b)];
  for (const [i, part] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    const numbers = /^\d/.test(part) && /^\d/.test(other);
    if (numbers && Number(part) !== Number(other)) return Number(part) - Number(other);
    if (part !== other) return part < other ? -1 : 1;
  }
  return left.length - right.length;
}

function chunksOf(text: string): readonly string[] {
  return text.match(/\d+|\D/g) ?? [];
}
