/** `kubectl syndicate options`, as `kubectl options`. */
import type { Values } from "./command-line.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import type { Flag } from "./flags/flag.ts";
import { GLOBAL_FLAGS } from "./flags/global.ts";
import type { Io } from "./io.ts";
import { plain, renderTable } from "./render/table.ts";

export async function runOptions(_values: Values, { stdout }: Io): Promise<ExitCode> {
  const rows = GLOBAL_FLAGS.map((flag) => plain(`  ${spell(flag)}`, flag.describe));
  stdout.write(`Every command takes these flags:\n\n${renderTable(rows).join("\n")}\n`);
  return EXIT.done;
}

function spell({ name, short, type, default: value }: Flag): string {
  const long = `${name.length === 1 ? "-" : "--"}${name}${type === "boolean" ? "" : `=${value ?? "''"}`}`;
  return `${short === undefined ? "    " : `-${short}, `}${long}`;
}
