/** Reads imports and string literals out of source text, well enough for the rules of `architecture.test.ts`. */

/** One import, export-from or dynamic import. */
export interface Import {
  from: string;
  /** From 1. */
  line: number;
  /** What is imported, types left out; empty where that cannot be said. */
  names: string[];
  /** Vanishes when types are stripped. */
  typeOnly: boolean;
}

/** A source file. */
export interface Source {
  /** From the root of the repository. */
  path: string;
  text: string;
  imports: Import[];
}

/** The start of a string literal (template text up to its first placeholder), without quotes. */
export interface LiteralText {
  value: string;
  line: number;
}

// Comments, regular expressions, strings, templates: found together, so that the marks of one inside another are not mistaken.
const COMMENT = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/;
const REGEXP = /(?<=(?:[(,=:[!&|?{};]|\breturn)\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[dgimsuvy]*/;
const STRING = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/;
const TEMPLATE = /`(?:\\[\s\S]|[^`\\])*`/;
const TOKEN = new RegExp([COMMENT, REGEXP, STRING, TEMPLATE].map(({ source }) => source).join("|"), "g");
const IMPORT =
  /(?:^|;|\n)\s*(?:import|export)\s+(type\s)?([^;"']*?)from\s*["']([^"']+)["']|import\s*\(?\s*["']([^"']+)["']/g;

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}

/** The text with comments and regular expressions blanked; lines stay where they were. */
export function stripComments(text: string): string {
  return text.replace(TOKEN, (token) => (token.startsWith("/") ? blank(token) : token));
}

function listNames(clause: string): string[] {
  const words = clause.replace(/[{}]/g, "").split(",");
  return words.map((word) => word.trim()).filter((word) => word !== "" && !word.startsWith("type "));
}

/** Every module the text names. */
export function readImports(text: string): Import[] {
  const bare = text.replace(TOKEN, (token) => (/^[/`]/.test(token) ? blank(token) : token));
  return [...bare.matchAll(IMPORT)].map((match) => {
    const from = match[3] ?? match[4] ?? "";
    const line = lineAt(bare, match.index + match[0].lastIndexOf(from));
    return { from, line, names: listNames(match[2] ?? ""), typeOnly: match[1] !== undefined };
  });
}

/** Every string literal of the text. */
export function readTexts(text: string): LiteralText[] {
  return [...text.matchAll(TOKEN)]
    .filter(([token]) => !token.startsWith("/"))
    .map((match) => ({ value: match[0].slice(1, -1).split("${")[0] ?? "", line: lineAt(text, match.index) }));
}
