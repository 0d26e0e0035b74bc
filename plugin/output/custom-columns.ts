/** `-o custom-columns=HEADER:.path,…` as kubectl prints it. Pure. */
import { CliError } from "../exit.ts";
import { findResults } from "../jsonpath/evaluation.ts";
import { formatGo } from "../jsonpath/go-value.ts";
import { type Part, parseTemplate } from "../jsonpath/template.ts";
import { plain, renderTable } from "../render/table.ts";

export interface Column {
  header: string;
  template: readonly Part[];
}

/** The columns of a specification in one word. Throws `CliError`. */
export function parseColumns(text: string): Column[] {
  return text.split(",").map((part) => {
    const [, header, path] = /^([^:]*):([\s\S]*)$/.exec(part) ?? [];
    if (header === undefined || path === undefined) {
      throw new CliError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    }
    return { header, template: parseRelaxed(path) };
  });
}

/** The columns of a file: headers in its first line, paths in its second. Throws `CliError`. */
export function parseColumnsFile(text: string): Column[] {
  const [headers = [], paths = []] = text.split("\n").map((line) => line.trim().split(/\s+/).filter(Boolean));
  if (headers.length === 0 || headers.length !== paths.length) {
    throw new CliError(`number of headers (${headers.length}) and field specifications (${paths.length}) don't match`);
  }
  return headers.map((header, i) => ({ header, template: parseRelaxed(paths[i] ?? "") }));
}

/** A path with or without braces and first dot, as `--sort-by` and columns take it. Throws `CliError`. */
export function parseRelaxed(path: string): readonly Part[] {
  const [, braced, bare] = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(path) ?? [];
  const inner = braced ?? bare;
  if (inner === undefined) {
    throw new CliError(
      `unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}': ${path}`,
    );
  }
  try {
    return parseTemplate(`{.${inner}}`);
  } catch (error) {
    throw new CliError(`error parsing jsonpath ${path}, ${(error as Error).message}`, { cause: error });
  }
}

/** The lines of the table. */
export function renderColumns(items: readonly unknown[], columns: readonly Column[], headers: boolean): string[] {
  const rows = items.map((item) => plain(...columns.map(({ template }) => cellOf(item, template))));
  return renderTable(headers ? [plain(...columns.map(({ header }) => header)), ...rows] : rows);
}

function cellOf(item: unknown, template: readonly Part[]): string {
  const results = findResults(template, item);
  if ((results[0]?.length ?? 0) === 0) return "<none>";
  return results
    .flat()
    .map((value) => escapeTerminal(formatGo(value)))
    .join(",");
}

/** Control characters in angle brackets' stead would move the cursor. */
function escapeTerminal(text: string): string {
  return text.replaceAll("\x1b", "^[").replaceAll("\r", "\\r");
}
