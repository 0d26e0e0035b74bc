import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { parse, stringify } from "yaml";
import { INTENT } from "../../shared/keys.ts";
import type { Application } from "./application.ts";
import type { Side } from "./world.ts";

const MAIN = fileURLToPath(new URL("../../plugin/main.ts", import.meta.url));

/** What a command said and how it ended. */
export interface Answer {
  code: number | null;
  out: string;
  err: string;
}

/** A command that runs. */
export interface Running {
  child: ChildProcess;
  /** What it has said so far. */
  said: Answer;
  /** Resolves as soon as it has said something like this, on either stream; rejects if it ends before, or is killed after 60 s. */
  says(pattern: RegExp): Promise<void>;
  ended: Promise<Answer>;
}

/** Starts `kubectl syndicate` with a kubeconfig, without a terminal; on one, if `terminal` is set, by way of script(1). */
export function startSyndicate(kubeconfig: string, words: string, terminal = false): Running {
  const plain = [process.execPath, MAIN, ...words.split(" ")];
  const [command = "", ...args] = terminal ? ["script", "-qefc", plain.join(" "), "/dev/null"] : plain;
  const env = { ...process.env, KUBECONFIG: kubeconfig, LANG: "C.UTF-8", TERM: "xterm", COLUMNS: "120" };
  const child = spawn(command, args, { env, stdio: [terminal ? "pipe" : "ignore", "pipe", "pipe"] });
  const said: Answer = { code: null, out: "", err: "" };
  child.stdout?.on("data", (chunk) => {
    said.out += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    said.err += chunk;
  });
  const ended = once(child, "close").then(([code]) => ({ ...said, code: code as number | null }));
  const says = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => {
        child.kill("SIGKILL");
        reject(new Error(`after 60 s it has not said ${pattern}\n${said.out}\n${said.err}`));
      }, 60_000);
      const look = () => {
        if (pattern.test(stripVTControlCharacters(said.out + said.err))) {
          clearTimeout(late);
          resolve();
        }
      };
      child.once("close", () => clearTimeout(late));
      look();
      child.stdout?.on("data", look);
      child.stderr?.on("data", look);
      child.once("close", (code) => reject(new Error(`exit ${code} before ${pattern}\n${said.out}\n${said.err}`)));
    });
  return { child, said, says, ended };
}

/** Asserts an exit code, with all that was said. */
export function assertCode(answer: Answer, code: number): void {
  assert.equal(answer.code, code, `exit ${answer.code}\n${answer.out}\n${answer.err}`);
}

/** The kubeconfig of somebody else's machine: the same clusters under other names of contexts, in another file. */
export function anotherMachine(kubeconfig: string): string {
  const config = parse(readFileSync(kubeconfig, "utf8")) as { contexts: { name: string }[]; "current-context": string };
  for (const context of config.contexts) context.name = `prod-${context.name}`;
  config["current-context"] = config.contexts[0]?.name ?? "";
  const file = join(mkdtempSync(join(tmpdir(), "syndicate-machine-")), "config");
  writeFileSync(file, stringify(config), { mode: 0o600 });
  return file;
}

/** What a rollback gives back: all of the Service but its intent, versions and conditions, in each cluster. */
export async function readState(app: Application, sides: readonly Side[]): Promise<unknown[]> {
  return Promise.all(
    sides.map(async (side) => {
      const service = await app.read(side);
      const { [INTENT]: _said, ...annotations } = service?.metadata.annotations ?? {};
      return { uid: service?.metadata.uid, labels: service?.metadata.labels ?? {}, annotations, spec: service?.spec };
    }),
  );
}

/** How a run is cut off. */
export type Cut = "SIGINT" | "SIGTERM" | "SIGKILL";

export interface Sweep {
  /** Kubeconfigs of the machines that take turns; the first command is for the first of them. */
  machines: readonly string[];
  /** The first command, and the one that goes on. */
  first: string;
  resume: string;
  cuts: readonly Cut[];
}

const CODES: Readonly<Record<Cut, number | null>> = { SIGINT: 130, SIGTERM: 143, SIGKILL: null };

/** Cuts a move off at every step it comes to, and goes on with it from the next machine; resolves with the steps it was cut at. */
export async function cutAtEveryStep({ machines, first, resume, cuts }: Sweep): Promise<number[]> {
  const stopped: number[] = [];
  // Who is killed before the first write leaves nothing to go on with: the first command is typed again.
  let begun = false;
  for (let turn = 0; ; turn++) {
    const run = startSyndicate(machines[begun ? turn % machines.length : 0] ?? "", begun ? resume : first);
    const cut = cuts[turn % cuts.length] ?? "SIGINT";
    const last = stopped.at(-1) ?? 0;
    const arrival = run.ended.then((answer) => ({ answer }));
    const step = nextStep(run, last).then((number) => ({ number }));
    const met = await Promise.race([step, arrival]);
    if ("answer" in met) {
      assertCode(met.answer, 0);
      return stopped;
    }
    run.child.kill(cut);
    const answer = await run.ended;
    if (answer.code === 0) return stopped;
    assertCode(answer, CODES[cut] as number);
    if (cut !== "SIGKILL") assert.match(answer.err, /go on: {4}kubectl syndicate migrate/);
    stopped.push(met.number);
    begun ||= /step=\d\/\d written/.test(answer.err);
  }
}

/** Resolves with the number of the first step after `last` that begins. */
function nextStep({ child, said }: Running, last: number): Promise<number> {
  return new Promise((resolve) => {
    child.stderr?.on("data", () => {
      const begun = [...said.err.matchAll(/step=(\d)\/\d started/g)].map(([, number]) => Number(number));
      const next = begun.find((number) => number > last);
      if (next !== undefined) resolve(next);
    });
  });
}
