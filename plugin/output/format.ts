/** The formats of `-o`, by kubectl's names. */
import { readFileSync } from "node:fs";
import { CliError } from "../exit.ts";
import { PLAIN_FORMATS, TEMPLATE_FORMATS } from "../flags/output-formats.ts";
import type { Part } from "../jsonpath/template.ts";
import { parseTemplate } from "../jsonpath/template.ts";
import { type Column, parseColumns, parseColumnsFile } from "./custom-columns.ts";

export type Format =
  | { kind: "table" | "wide" }
  | { kind: "name" }
  | { kind: "json" | "yaml" }
  | { kind: "jsonpath" | "jsonpath-as-json"; template: readonly Part[] }
  | { kind: "custom-columns"; columns: readonly Column[] };

/**
 * The format meant by the value of `-o`; a template may also stand in `--template`. Throws `CliError` for an unknown format
 * and for a template that kubectl would refuse, with its words.
 */
export function parseFormat(output: string | undefined, template?: string): Format {
  if (output === undefined) return { kind: "table" };
  const plain = PLAIN_FORMATS.find((name) => name === output);
  if (plain) return { kind: plain } as Format;
  const [, name = "", inline] = /^([^=]*)(?:=([\s\S]*))?$/.exec(output) ?? [];
  const kind = TEMPLATE_FORMATS.find((one) => one === name);
  if (!kind) {
    const known = [...PLAIN_FORMATS, ...TEMPLATE_FORMATS].join(", ");
    throw new CliError(
      `unable to match a printer suitable for the output format "${output}", allowed formats are: ${known}`,
    );
  }
  const text = inline || template;
  if (!text) throw new CliError(`template format specified but no template given: -o ${kind}='{.sync}'`);
  if (kind === "custom-columns") return { kind, columns: parseColumns(text) };
  if (kind === "custom-columns-file") return { kind: "custom-columns", columns: parseColumnsFile(readTemplate(text)) };
  if (kind === "jsonpath-file") return { kind: "jsonpath", template: parsed(readTemplate(text)) };
  return { kind, template: parsed(text) };
}

function parsed(text: string): readonly Part[] {
  try {
    return parseTemplate(text);
  } catch (error) {
    throw new CliError(`error parsing jsonpath ${text}, ${(error as Error).message}`, { cause: error });
  }
}

function readTemplate(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CliError(`error reading template ${file}, ${(error as Error).message}`, { cause: error });
  }
}
