/** Runs a template on a value, as kubectl does with `-o jsonpath`. Pure. */
import { compareGo, formatGo, GoFloat, marshalGo } from "./go-value.ts";
import { type Node, type Part, type Slice, TemplateError } from "./template.ts";

export interface EvaluationOptions {
  /** A field that no object has is an error instead of nothing. Default false. */
  strict?: boolean;
}

type Values = readonly unknown[];

/** The results of each part that has any, ranges unrolled. Throws `TemplateError` with kubectl's words. */
export function findResults(parts: readonly Part[], data: unknown, options: EvaluationOptions = {}): Values[] {
  const results: Values[] = [];
  runBlock({ parts, options, results, lastEnd: -1 }, 0, data, 0);
  return results;
}

interface Run {
  parts: readonly Part[];
  options: EvaluationOptions;
  results: Values[];
  /** Place of the `{end}` met last. */
  lastEnd: number;
}

/** Runs parts from `first` until the `{end}` of its range. */
function runBlock(run: Run, first: number, data: unknown, depth: number): void {
  for (let i = first; i < run.parts.length; i++) {
    const part = run.parts[i];
    if (part?.kind === "text") run.results.push([part.text]);
    if (part?.kind !== "action") continue;
    const word = wordOf(part.nodes);
    if (word === "end") {
      if (depth === 0) throw new TemplateError("not in range, nothing to end");
      run.lastEnd = i;
      return;
    }
    const found = walk([data], part.nodes, run.options);
    if (word === "range") {
      runRange(run, i + 1, found, depth);
      // kubectl goes on behind whatever end it met last; a range without one is followed by its own parts once more.
      i = Math.max(i, run.lastEnd);
    } else run.results.push(found);
  }
}

function wordOf(nodes: readonly Node[]): "range" | "end" | undefined {
  for (const node of nodes) {
    if (node.kind !== "identifier") continue;
    if (node.name === "range" || node.name === "end") return node.name;
    throw new TemplateError(`unrecognized identifier ${node.name}`);
  }
  return undefined;
}

function runRange(run: Run, first: number, values: Values, depth: number): void {
  const { results } = run;
  // Of nothing, the block still runs once, unseen, to find its end.
  if (values.length === 0) run.results = [];
  for (const value of values.length === 0 ? [null] : values) runBlock(run, first, value, depth + 1);
  run.results = results;
}

function walk(input: Values, nodes: readonly Node[], options: EvaluationOptions): Values {
  return nodes.reduce((values, node) => step(values, node, options), input);
}

function step(input: Values, node: Node, options: EvaluationOptions): Values {
  switch (node.kind) {
    case "text":
      return [node.text];
    case "int":
    case "bool":
      return input.map(() => node.value);
    case "float":
      return input.map(() => new GoFloat(node.value));
    case "field":
      return findField(input, node.name, options);
    case "slice":
      return present(input).flatMap((value) => cutSlice(value, node.slice));
    case "wildcard":
      return present(input).flatMap(childrenOf);
    case "recursive":
      return descend(input);
    case "union":
      return node.paths.flatMap((path) => walk(input, path, options));
    case "filter":
      return input.flatMap((value) => filter(value, node, options));
    case "identifier":
      return input;
  }
}

function present(input: Values): Values {
  return input.filter((value) => value !== null && value !== undefined);
}

function findField(input: Values, name: string, { strict = false }: EvaluationOptions): Values {
  const found = present(input).flatMap((value) => {
    if (typeof value !== "object" || Array.isArray(value) || !Object.hasOwn(value as object, name)) return [];
    return [(value as Record<string, unknown>)[name]];
  });
  if (strict && found.length === 0 && input.length > 0) throw new TemplateError(`${name} is not found`);
  return found;
}

function childrenOf(value: unknown): Values {
  // Go sees the bytes of a string here.
  if (typeof value === "string") return [...Buffer.from(value)];
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}

function descend(input: Values): Values {
  return present(input).flatMap((value) => {
    const children = childrenOf(value);
    return children.length === 0 ? [] : [value, ...descend(children)];
  });
}

function cutSlice(value: unknown, { start, end, step: given, single }: Slice): Values {
  if (!Array.isArray(value)) throw new TemplateError(`${goType(value)} is not array or slice`);
  const { length } = value;
  const resolve = (bound: number) => (bound < 0 ? bound + length : bound);
  const from = resolve(start ?? 0);
  const until = single ? from + 1 : resolve(end ?? length);
  if (from === until) return [];
  if (from < 0 || from >= length) throw outOfBounds(from, length);
  if (until < 0 || until > length) throw outOfBounds(until - 1, length);
  if (from > until) throw new TemplateError(`starting index ${from} is greater than ending index ${until}`);
  if (given !== undefined && given <= 0) throw new TemplateError("step must be > 0");
  return value.slice(from, until).filter((_, i) => i % (given ?? 1) === 0);
}

function outOfBounds(index: number, length: number): TemplateError {
  return new TemplateError(`array index out of bounds: index ${index}, length ${length}`);
}

function goType(value: unknown): string {
  if (typeof value === "object") return "map[string]interface {}";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  return typeof value === "boolean" ? "bool" : "string";
}

function filter(value: unknown, node: Extract<Node, { kind: "filter" }>, options: EvaluationOptions): Values {
  if (!Array.isArray(value)) {
    throw new TemplateError(`${formatGo(value)} is not array or slice and cannot be filtered`);
  }
  return value.filter((item) => {
    if (node.operator === "exists") return exists(item, node.left, options);
    const [left, right] = [walk([item], node.left, options), walk([item], node.right, options)];
    if (left.length === 0 || right.length === 0) return false;
    if (left.length > 1 || right.length > 1) throw new TemplateError("can only compare one element at a time");
    return compareGo(left[0], node.operator, right[0]);
  });
}

function exists(item: unknown, path: readonly Node[], options: EvaluationOptions): boolean {
  try {
    return walk([item], path, options).length > 0;
  } catch (error) {
    if (error instanceof TemplateError) return false;
    throw error;
  }
}

/** Results as `-o jsonpath` prints them: objects as JSON in one line, a space between the results of one part. */
export function renderResults(results: readonly Values[]): string {
  return results.map((values) => values.map(renderValue).join(" ")).join("");
}

/** Results as `-o jsonpath-as-json` prints them: one list for each part. */
export function renderAsJson(results: readonly Values[]): string {
  return results.map((values) => `${marshalGo(values, 4)}\n`).join("");
}

function renderValue(value: unknown): string {
  if (value === null) return "null";
  const isJson = typeof value === "object" && !(value instanceof GoFloat);
  return isJson ? marshalGo(value) : formatGo(value);
}
