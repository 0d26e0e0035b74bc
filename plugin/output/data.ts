/** An answer as data, in the format of `-o`. */
import type { Values } from "../command-line.ts";
import { CliError } from "../exit.ts";
import type { Io } from "../io.ts";
import { findResults, renderAsJson, renderResults } from "../jsonpath/evaluation.ts";
import { textOf } from "../options.ts";
import { kindDocument, renderDocument } from "../render/document.ts";
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

/** The format of `-o` for commands whose answer has no rows to choose from; undefined: as text. Throws `CliError`. */
export function readDataFormat(values: Values): DataFormat | undefined {
  const output = textOf(values, "output");
  const format = parseFormat(output);
  switch (format.kind) {
    case "table":
      return undefined;
    case "wide":
    case "name":
    case "custom-columns":
      throw new CliError(`this command has no output format "${output}", allowed formats are: json, yaml, jsonpath`);
    default:
      return format;
  }
}

/** Writes the answer `kind` to stdout. */
export function printData(kind: string, fields: object, format: DataFormat, io: Io): void {
  io.stdout.write(renderData(kindDocument(kind, fields), format, false));
}
