/** kubectl's jsonpath templates, read into nodes: text outside of braces, paths inside. Grammar: docs/plugin.md. Pure. */
import { unquote } from "./unquote.ts";

export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

/** Bounds of `[start:end:step]`; undefined where not given. `single`: `[n]`. */
export interface Slice {
  start: number | undefined;
  end: number | undefined;
  step: number | undefined;
  single: boolean;
}

export type Node =
  | { kind: "text"; text: string }
  | { kind: "field"; name: string }
  | { kind: "slice"; slice: Slice }
  | { kind: "filter"; left: readonly Node[]; operator: string; right: readonly Node[] }
  | { kind: "int" | "float"; value: number }
  | { kind: "bool"; value: boolean }
  | { kind: "wildcard" | "recursive" }
  | { kind: "union"; paths: readonly (readonly Node[])[] }
  | { kind: "identifier"; name: string };

/** One `{…}`, or text between two of them. */
export type Part = { kind: "text"; text: string } | { kind: "action"; nodes: readonly Node[] };

/** The parts of a template. Throws `TemplateError` with kubectl's words. */
export function parseTemplate(text: string): Part[] {
  const parts: Part[] = [];
  let rest = text;
  while (rest !== "") {
    const brace = rest.indexOf("{");
    if (brace !== 0) parts.push({ kind: "text", text: brace < 0 ? rest : rest.slice(0, brace) });
    if (brace < 0) break;
    const action = new ActionReader(rest.slice(brace + 1));
    parts.push({ kind: "action", nodes: action.read() });
    rest = action.rest;
  }
  return parts;
}

/** Nodes of a path that stands alone, as between the brackets of a filter. */
function parsePath(text: string): readonly Node[] {
  return new ActionReader(`${text}}`).read();
}

const FIELD = /^(?:\\[\s\S]|[^\s.,[\]$@{}\\])*/;
const WORD = /^[^\s.,[\]$@{}]*/;
const SLICE = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/;
const COMPARISON = /^([^!<>=]+)([!<>=]+)(.+?)$/;

class ActionReader {
  /** What follows; behind the closing brace when everything was read. */
  rest: string;
  readonly #nodes: Node[] = [];

  constructor(text: string) {
    this.rest = text;
  }

  read(): readonly Node[] {
    while (!this.#take("}")) {
      const node = this.#readNode();
      if (node) this.#nodes.push(...[node].flat());
    }
    return this.#nodes;
  }

  #take(prefix: string): boolean {
    if (!this.rest.startsWith(prefix)) return false;
    this.rest = this.rest.slice(prefix.length);
    return true;
  }

  #match(pattern: RegExp): string {
    const found = pattern.exec(this.rest)?.[0] ?? "";
    this.rest = this.rest.slice(found.length);
    return found;
  }

  #readNode(): Node | readonly Node[] | undefined {
    if (this.#take("[?(")) return this.#readFilter();
    if (this.#take("..")) return this.#readRecursive();
    const first = this.rest[0];
    if (first === undefined || first === "\n" || first === "\r") throw new TemplateError("unclosed action");
    if (first === " " || first === "@" || first === "$") {
      this.rest = this.rest.slice(1);
      return undefined;
    }
    if (first === "[") return this.#readBrackets();
    if (first === '"' || first === "'") return this.#readQuoted(first);
    if (this.#take(".")) return this.#readField();
    if (/[+\-\d]/.test(first)) return this.#readNumber();
    if (/[\p{L}\p{N}_]/u.test(first)) return this.#readWord();
    throw new TemplateError(`unrecognized character in action: ${describeCharacter(this.rest)}`);
  }

  #readField(): Node {
    const name = this.#match(FIELD);
    return name === "*" ? { kind: "wildcard" } : { kind: "field", name: name.replaceAll("\\", "") };
  }

  #readRecursive(): readonly Node[] {
    if (this.#nodes.at(-1)?.kind === "recursive") throw new TemplateError("invalid multiple recursive descent");
    const named = /^[\p{L}\p{N}_]/u.test(this.rest);
    return [{ kind: "recursive" }, ...(named ? [this.#readField()] : [])];
  }

  #readWord(): Node {
    const name = this.#match(WORD);
    return name === "true" || name === "false"
      ? { kind: "bool", value: name === "true" }
      : { kind: "identifier", name };
  }

  #readNumber(): Node {
    const text = this.#match(/^[+-]?[\d.]*/);
    if (/^[+-]?\d+$/.test(text)) return { kind: "int", value: Number(text) };
    if (/^[+-]?(\d+\.\d*|\.\d+)$/.test(text)) return { kind: "float", value: Number(text) };
    throw new TemplateError(`cannot parse number ${text}`);
  }

  #readQuoted(quote: string): Node {
    const end = findQuote(this.rest, quote);
    if (end < 0) throw new TemplateError("unterminated quoted string");
    const quoted = this.rest.slice(0, end + 1);
    this.rest = this.rest.slice(end + 1);
    const text = unquote(quoted);
    if (text === undefined) throw new TemplateError(`unquote string ${quoted} error invalid syntax`);
    return { kind: "text", text };
  }

  #readBrackets(): Node | readonly Node[] {
    const [, inner] = /^\[([^\]\n]*)\]/.exec(this.rest) ?? [];
    if (inner === undefined) throw new TemplateError("unterminated array");
    this.rest = this.rest.slice(inner.length + 2);
    if (inner === "*") return { kind: "slice", slice: parseSlice(":") };
    const parts = inner.split(",");
    if (parts.length > 1) {
      return { kind: "union", paths: parts.map((part) => parsePath(`[${part.replace(/^ +| +$/g, "")}]`)) };
    }
    const [, key] = /^'([^']*)'$/.exec(inner) ?? [];
    if (key !== undefined) return parsePath(`.${key}`);
    return { kind: "slice", slice: parseSlice(inner) };
  }

  #readFilter(): Node {
    const end = findFilterEnd(this.rest);
    const text = this.rest.slice(0, end);
    this.rest = this.rest.slice(end + 1);
    if (!this.#take("]")) throw new TemplateError("unclosed array expect ]");
    const [, left, operator, right] = COMPARISON.exec(text) ?? [];
    if (left === undefined || operator === undefined || right === undefined) {
      return { kind: "filter", left: parsePath(text), operator: "exists", right: [] };
    }
    return { kind: "filter", left: parsePath(left), operator, right: parsePath(right) };
  }
}

function parseSlice(text: string): Slice {
  const found = SLICE.exec(text);
  if (!found) throw new TemplateError(`invalid array index ${text}`);
  const [start, end, step] = [found[1], found[2]?.slice(1), found[3]?.slice(1)].map((bound) => {
    if (bound === undefined || bound === "") return undefined;
    if (bound === "-") throw new TemplateError(`array index ${bound} is not a number`);
    return Number(bound);
  });
  return { start, end, step, single: found[2] === undefined };
}

/** Place of the closing quote, which no backslash precedes; -1 if there is none in this line. */
function findQuote(text: string, quote: string): number {
  for (let i = 1; i < text.length && text[i] !== "\n"; i++) if (text[i] === quote && text[i - 1] !== "\\") return i;
  return -1;
}

/** Place of the parenthesis that ends a filter: outside of its quotes, of which kubectl expects one pair at most. */
function findFilterEnd(text: string): number {
  let quote: string | undefined;
  let closed = false;
  for (let i = 0; i < text.length && text[i] !== "\n"; i++) {
    const character = text[i] ?? "";
    if (quote === undefined && /["']/.test(character)) quote = character;
    else if (character === quote && text[i - 1] !== "\\") closed = true;
    else if (character === ")" && (quote !== undefined) === closed) return i;
  }
  throw new TemplateError("unterminated filter");
}

/** As Go's `%#U`. */
function describeCharacter(text: string): string {
  const point = text.codePointAt(0) ?? 0;
  return `U+${point.toString(16).toUpperCase().padStart(4, "0")} '${String.fromCodePoint(point)}'`;
}
