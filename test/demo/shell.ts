import { spawn } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { CommandResult, Lab } from "../lab/lab.ts";

const PLUGIN = fileURLToPath(new URL("../../plugin/main.ts", import.meta.url));

/** A user's shell: a kubeconfig with the lab's clusters, and `kubectl` and the plugin in PATH. */
export interface Shell {
  /** What to type to have the same in another shell. */
  exports: string;
  /** Runs a command to its end; `onLine` hears every line of both outputs as it comes. A non-zero code is a result. */
  run(command: readonly string[], onLine?: (line: string) => void): Promise<CommandResult>;
}

/** Installs the plugin the way kubectl finds plugins, by its name in PATH, and opens a shell that has it. */
export function openShell(lab: Lab): Shell {
  const folder = join(lab.dir, "bin");
  mkdirSync(folder);
  symlinkSync(lab.kubectl, join(folder, "kubectl"));
  const script = `#!/bin/sh\nexec "${process.execPath}" "${PLUGIN}" "$@"\n`;
  writeFileSync(join(folder, "kubectl-syndicate"), script, { mode: 0o755 });
  const { NODE_OPTIONS: _forTests, NODE_TEST_CONTEXT: _alsoForTests, ...inherited } = process.env;
  const env = { ...inherited, KUBECONFIG: lab.kubeconfig, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
  return {
    exports: `export KUBECONFIG=${lab.kubeconfig} PATH=${folder}:$PATH`,
    run: (command, onLine) => runLive(command, env, onLine),
  };
}

function runLive(
  [file = "", ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
  onLine?: (line: string) => void,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const collect = (stream: NodeJS.ReadableStream): string[] => {
      const lines: string[] = [];
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(`${line}\n`);
        onLine?.(line);
      });
      return lines;
    };
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, stdout: stdout.join(""), stderr: stderr.join("") }));
  });
}
