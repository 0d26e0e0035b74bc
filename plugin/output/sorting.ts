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
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
  throw new CliError(`--sort-by ${path}: only numbers and texts have an order`);
}

function rank(value: unknown): number {
  return value === undefined || value === null ? 0 : 1;
}

/** Where both are quantities (`100m`, `1Gi`, `10`), by their size, else by their bytes. */
function compareTexts(a: string, b: string): number {
  const [x, y] = [parseQuantity(a), parseQuantity(b)];
  if (x !== undefined && y !== undefined) return x - y;
  return a < b ? -1 : a > b ? 1 : 0;
}

const POWERS = ["", "k", "M", "G", "T", "P", "E"];
const SMALL: Readonly<Record<string, number>> = { n: 1e-9, u: 1e-6, m: 1e-3 };

/** A Kubernetes quantity as a number, undefined for other texts. */
function parseQuantity(text: string): number | undefined {
  const [, digits, suffix = ""] =
    /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const binary = suffix.endsWith("i");
  const power = POWERS.indexOf(binary ? (suffix[0]?.replace("K", "k") ?? "") : suffix);
  return Number(digits) * (SMALL[suffix] ?? (binary ? 1024 : 1000) ** power);
}
