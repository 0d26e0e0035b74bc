import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../plugin/main.ts", import.meta.url));

/** How a run of the plugin ended. */
export interface Answer {
  code: number | null;
  out: string;
  err: string;
}

/** Runs `kubectl syndicate` as a script would, without a terminal. */
export async function runPlugin(kubeconfig: string, words: readonly string[]): Promise<Answer> {
  const child = spawn(process.execPath, [MAIN, ...words], {
    env: { ...process.env, KUBECONFIG: kubeconfig, LANG: "C.UTF-8" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const answer: Answer = { code: null, out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    answer.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    answer.err += chunk;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { ...answer, code };
}

/** Fails with all that was said unless the run ended with this code. */
export function assertCode(answer: Answer, code: number): void {
  assert.equal(answer.code, code, `exit ${answer.code}\n${answer.out}\n${answer.err}`);
}
