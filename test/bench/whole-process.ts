import { spawn } from "node:child_process";
import { once } from "node:events";
import { percentile } from "./row.ts";

/** A command line, or several that run one after the other and count as one. */
export type CommandLine = readonly (readonly string[])[];

/** Runs `commands` with this environment and nothing of ours; resolves with milliseconds from first start to last end. */
async function time(commands: CommandLine, env: Readonly<Record<string, string>>): Promise<number> {
  const started = performance.now();
  for (const [file = "", ...args] of commands) {
    const child = spawn(file, args, { env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0) throw new Error(`${[file, ...args].join(" ")}: exit ${code}\n${said}`);
  }
  return performance.now() - started;
}

export interface TimingOptions {
  env: Readonly<Record<string, string>>;
  /** How often each is run and counted, after two runs that do not count: they fill caches. */
  rounds: number;
}

/** Medians in milliseconds by name. All take turns, so that whatever else the machine does meets all of them. */
export async function timeInTurn<Name extends string>(
  cases: Readonly<Record<Name, CommandLine>>,
  { env, rounds }: TimingOptions,
): Promise<Record<Name, number>> {
  const names = Object.keys(cases) as Name[];
  const found = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = -2; round < rounds; round++) {
    for (const name of names) {
      const millis = await time(cases[name], env);
      if (round >= 0) found.get(name)?.push(millis);
    }
  }
  return Object.fromEntries(names.map((name) => [name, percentile(found.get(name) ?? [], 0.5)])) as Record<
    Name,
    number
  >;
}
