/** An answer as data, in the format of `-o`. */
import type { Values } from "../command-line.ts";
import { CliError } from "../exit.ts";
import type { Io } from "../io.ts";
import { findResults, renderAsJson, renderResults } from "../jsonpath/evaluation.ts";
import { textOf } from "../options.ts";
import { kindDocument, renderDocument } from "../render/document.ts";
import { printable } from "../render/printable.ts";
import { renderColumns } from "./custom-columns.ts";
import { type Format, parseFormat } from "./format.ts";

/** The formats that show any document. */
export type DataFormat = Extract<
  Format,
  { kind: "json" | "yaml" } | { template: unknown; kind: "jsonpath" | "jsonpath-as-json" }
>;

/** The text of a document. `strict`: a path that finds nothing is an error. Throws `CliError`. */
export function renderData(document: object, format: DataFormat, strict: boolean): string {
  if (!("template" in format)) return renderDocument(document, format.kind);
  try {
    const results = findResults(format.template, document, { strict });
    return format.kind === "jsonpath" ? renderResults(results) : renderAsJson(results);
  } catch (error) {
    throw new CliError(`error executing jsonpath: ${(error as Error).message}`, { cause: error });
  }
}

/** How an answer is to be printed that is not to be a text for people. */
export interface DataOptions {
  format: DataFormat | Extract<Format, { kind: "custom-columns" }>;
  /** A path that finds nothing is an error. */
  strict: boolean;
  headers: boolean;
}

/**
 * The format of `-o` for commands that do not print Services; undefined: as text, of which `wide` shows all there is.
 * Throws `CliError`.
 */
export function readDataOptions(values: Values): DataOptions | undefined {
  const format = parseFormat(textOf(values, "output"), textOf(values, "template"));
  switch (format.kind) {
    case "table":
    case "wide":
      return undefined;
    case "name":
      throw new CliError("-o name prints names of objects of the cluster, and this command's answer has none", {
        next: "-o custom-columns=… or -o jsonpath=… choose fields; -o yaml shows which there are",
      });
    default:
      return {
        format,
        strict: values["allow-missing-template-keys"] === false,
        headers: values["no-headers"] !== true,
      };
  }
}

/** True if the text is to leave nothing out. */
export function isWide(values: Values): boolean {
  return textOf(values, "output") === "wide" || values["all"] === true;
}

/** Writes the answer `kind` to stdout. Custom columns have a row for each of its `items`, or one for all of it. */
export function printData(kind: string, fields: object, { format, strict, headers }: DataOptions, io: Io): void {
  const document = kindDocument(kind, fields);
  if (format.kind !== "custom-columns") {
    io.stdout.write(renderData(document, format, strict));
    return;
  }
  const rows = "items" in fields && Array.isArray(fields.items) ? fields.items : [document];
  io.stdout.write(renderLines(renderColumns(rows, format.columns, headers)));
}

/** Lines for people as one text that is safe to show. */
export function renderLines(lines: readonly string[]): string {
  return lines.map((line) => `${printable(line)}\n`).join("");
}
