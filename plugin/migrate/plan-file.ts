/** Reads the file of `-f`. */
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { parse } from "yaml";
import type { Values } from "../command-line.ts";
import { CliError } from "../exit.ts";
import type { Io } from "../io.ts";
import { textOf } from "../options.ts";
import { type PlanDocument, parsePlan } from "./plan-document.ts";

/** The plan named by `--filename`; undefined without that flag. Rejects with `CliError` for a file that cannot be read or is no plan. */
export async function readPlan(values: Values, io: Pick<Io, "input">): Promise<PlanDocument | undefined> {
  const file = textOf(values, "filename");
  if (file === undefined) return undefined;
  return parsePlan(await readYaml(file, io), file === "-" ? "the standard input" : file);
}

async function readYaml(file: string, { input }: Pick<Io, "input">): Promise<unknown> {
  try {
    return parse(file === "-" ? await text(input()) : await readFile(file, "utf8"));
  } catch (error) {
    throw new CliError(`plan ${file} cannot be read: ${(error as Error).message.split("\n")[0]}`, {
      next: "kubectl syndicate migrate SERVICE --from CONTEXT --to CONTEXT --dry-run=client -o yaml prints one",
    });
  }
}
