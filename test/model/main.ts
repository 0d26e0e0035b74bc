/**
 * `npm run test:model [-- --deep [--task N]]`: explores the protocol and says what was reached. Ends with 1 if a
 * rule broke. `--task`: only this one of the explorations, counted from 1; whether everything is reached is then left open.
 */
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { URGENCY } from "../../shared/protocol/condition.ts";
import { BRANCHES, DEEP, SMALL, type Task, UNREACHABLE, UNREACHABLE_BRANCHES } from "./bounds.ts";
import type { Progress, Report } from "./exhaustive/report.ts";
import type { Message } from "./explorer.ts";

const { values } = parseArgs({
  options: {
    deep: { type: "boolean", default: false },
    task: { type: "string" },
  },
});

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const started = Date.now();

function describe({ start, bound }: Task): string {
  const { commands, podChanges, faults, events, lag, racing, kinds, firstCommand } = bound;
  const which = kinds ? ` (${kinds.join(", ")})` : "";
  const apart = racing === undefined ? "" : `, of commands and pod changes ${racing} at a time`;
  const command = firstCommand
    ? `, of commands ${firstCommand[1] ?? "no mode"} in cluster ${firstCommand[0] + 1} first`
    : "";
  return `${start.name}: up to ${commands} commands, ${podChanges} pod changes, ${faults} faults${which}, ${events} of these in all${apart}, watches up to ${lag} versions behind${command}`;
}

/** Milliseconds between two words about a row. */
const PROGRESS_MS = 60_000;
/** By row: when it was told of last. */
const told = new Map<number, number>();

/** To standard error, not more than once a minute for each row. */
function showProgress(row: number, { part, parts, states, frontier, events }: Progress): void {
  if (Date.now() - (told.get(row) ?? started) < PROGRESS_MS) return;
  told.set(row, Date.now());
  const { rss } = process.memoryUsage();
  const seconds = Math.round((Date.now() - started) / 1000);
  const which = parts ? `, part ${part} of ${parts}` : "";
  process.stderr.write(
    `  ${seconds} s: row ${row}${which}: ${states} states, ${frontier} of them still to be looked at where ${events} more events may follow, ${Math.round(rss / 1e6)} MB\n`,
  );
}

function show(task: Task, report: Report): void {
  const { states, worlds, transitions, depth, rests, plans, finding } = report;
  print(describe(task));
  print(
    `  ${states} states of ${worlds} worlds, ${transitions} transitions, depth ${depth}, ${rests} at rest, ${plans} snapshots planned`,
  );
  print(finding ? `  VIOLATION ${finding.what}\n    ${finding.story.join("\n    ")}` : "  frontier empty");
}

/** What the plans of one exploration may need at most; its states are kept outside of that. */
const MEMORY_MB = 8192;

/** Explores in another thread. Rejects with what made it fail. */
function explore(task: Task, row: number): Promise<Report> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL("explorer.ts", import.meta.url), {
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    });
    thread.on("error", reject);
    thread.on("message", (message: Message) => {
      if ("report" in message) resolve(message.report);
      else if (values.deep) showProgress(row, message);
    });
  });
}

/** Explores all, two at a time, and returns the reports in the order of the tasks. */
async function exploreAll(tasks: readonly Task[]): Promise<Report[]> {
  const reports: Report[] = [];
  const waiting = [...tasks.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [i, task] = next;
      const report = await explore(task, i + 1);
      reports[i] = report;
      show(task, report);
    }
  };
  await Promise.all([work(), work()]);
  return reports;
}

function showReached(title: string, maps: ReadonlyMap<string, number>[]): void {
  const total = new Map<string, number>();
  for (const map of maps) for (const [word, count] of map) total.set(word, (total.get(word) ?? 0) + count);
  print(`${title}, with the number of snapshots that led there:`);
  for (const [word, count] of [...total].sort()) print(`  ${word}  ${count}`);
}

/** Every reason of a hold is reached or known not to be. */
function checkReasons(reports: readonly Report[]): boolean {
  const reached = new Set(reports.flatMap(({ holds }) => [...holds.keys()].map((text) => text.split(":")[0])));
  let right = true;
  for (const reason of URGENCY) {
    const because = UNREACHABLE[reason];
    if (because && !reached.has(reason)) print(`not reached: ${reason}: ${because}`);
    else if (because || !reached.has(reason)) {
      print(`hold reason ${reason} is ${because ? "" : "not "}reached: correct the list in test/model/bounds.ts`);
      right = false;
    }
  }
  return right;
}

/** Every branch of the plan is reached or known not to be, and none is left out of the lists. */
function checkBranches(reports: readonly Report[]): boolean {
  const reached = [...new Set(reports.flatMap(({ writes }) => [...writes.keys()]))];
  for (const [branch, because] of Object.entries(UNREACHABLE_BRANCHES)) print(`not reached: ${branch}: ${because}`);
  const missed = BRANCHES.filter((branch) => !reached.some((reason) => branch.test(reason)));
  const unknown = reached.filter((reason) => !BRANCHES.some((branch) => branch.test(reason)));
  for (const branch of missed)
    print(`branch ${branch} of the plan is not reached: correct the list in test/model/bounds.ts`);
  for (const reason of unknown) print(`branch "${reason}" is in no list in test/model/bounds.ts`);
  return missed.length + unknown.length === 0;
}

const tasks = values.deep ? DEEP : SMALL;
const chosen = values.task === undefined ? tasks : tasks.slice(Number(values.task) - 1, Number(values.task));
if (chosen.length === 0) throw new Error(`there is no task ${values.task}: give a number from 1 to ${tasks.length}`);
const reports = await exploreAll(chosen);
showReached(
  "branches of the plan",
  reports.map(({ writes }) => writes),
);
showReached(
  "holds",
  reports.map(({ holds }) => holds),
);
const complete = values.task !== undefined || [checkReasons(reports), checkBranches(reports)].every((right) => right);
const violations = reports.filter(({ finding }) => finding).length;
print(`${reports.reduce((sum, { states }) => sum + states, 0)} distinct states`);
print(`${violations} violations, ${Math.round((Date.now() - started) / 1000)} s`);
process.exitCode = violations || !complete ? 1 : 0;
