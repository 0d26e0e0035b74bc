/** `kubectl syndicate completion`: krew and archives have room for one executable, and kubectl asks a second one. */
import { accessSync, chmodSync, constants, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Values } from "../command-line.ts";
import { CliError, EXIT, type ExitCode } from "../exit.ts";
import { type Io, tell } from "../io.ts";

const PLUGIN = "kubectl-syndicate";
const COMPLETER = "kubectl_complete-syndicate";
const SCRIPT = `#!/bin/sh\nexec ${PLUGIN} __complete "$@"\n`;

/** Prints the script, or writes it into the folder of the PATH that has the plugin. */
export async function runCompletion(values: Values, io: Io): Promise<ExitCode> {
  if (values["action"] !== "install") {
    io.stdout.write(SCRIPT);
    tell(
      io,
      `Save it as ${COMPLETER}, executable and on the PATH; "completion install" does. Needs kubectl 1.26 or later.`,
    );
    return EXIT.done;
  }
  const folder = (io.env["PATH"] ?? "").split(delimiter).find((one) => one !== "" && isExecutable(join(one, PLUGIN)));
  if (folder === undefined) {
    throw new CliError(`no folder of the PATH has ${PLUGIN}`, { next: "kubectl syndicate completion script" });
  }
  const file = join(folder, COMPLETER);
  try {
    // Never through a link or over a file: npm has put its own there.
    writeFileSync(file, SCRIPT, { flag: "wx", mode: 0o755 });
    chmodSync(file, 0o755);
  } catch (error) {
    const next = `kubectl syndicate completion script > ${file}`;
    throw new CliError(`${file} cannot be written: ${(error as Error).message}`, { next });
  }
  io.stdout.write(`${file}\n`);
  return EXIT.done;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
