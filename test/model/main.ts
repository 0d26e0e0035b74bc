/**
 * `npm run test:model [-- --deep [--events N] [--task N]]`: explores the protocol and says what was reached. Ends with 1 if a rule
 * broke. `--task`: only this one of the explorations, counted from 1; whether everything is reached is then left open.
 */
import { parseArgs } from "node:util";
import { URGENCY } from "../../shared/protocol/condition.ts";
import { BRANCHES, deepTasks, SMALL, type Task, UNREACHABLE, UNREACHABLE_BRANCHES } from "./bounds.ts";
import { Exploration, type Report } from "./exhaustive/exploration.ts";

const { values } = parseArgs({
  options: {
    deep: { type: "boolean", default: false },
    events: { type: "string", default: "2" },
    task: { type: "string" },
  },
});

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const started = Date.now();

function showProgress(states: number, frontier: number): void {
  const { rss } = process.memoryUsage();
  const seconds = Math.round((Date.now() - started) / 1000);
  print(`  ${seconds} s: ${states} states, ${frontier} of them still to be looked at, ${Math.round(rss / 1e6)} MB`);
}

function explore({ start, bound }: Task): Report {
  const { commands, podChanges, faults, events, lag, racing, kinds } = bound;
  const which = kinds ? ` (${kinds.join(", ")})` : "";
  const apart = racing === undefined ? "" : `, of commands and pod changes ${racing} at a time`;
  print(
    `${start.name}: up to ${commands} commands, ${podChanges} pod changes, ${faults} faults${which}, ${events} of these in all${apart}, watches up to ${lag} versions behind`,
  );
  const report = new Exploration({ start, bound, ...(values.deep ? { onProgress: showProgress } : {}) }).run();
  const { states, transitions, depth, rests, plans, finding } = report;
  print(`  ${states} states, ${transitions} transitions, depth ${depth}, ${rests} at rest, ${plans} snapshots planned`);
  print(finding ? `  VIOLATION ${finding.what}\n    ${finding.story.join("\n    ")}` : "  frontier empty");
  return report;
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

const tasks = values.deep ? deepTasks(Number(values.events)) : SMALL;
const chosen = values.task === undefined ? tasks : tasks.slice(Number(values.task) - 1, Number(values.task));
if (chosen.length === 0) throw new Error(`there is no task ${values.task}: give a number from 1 to ${tasks.length}`);
const reports = chosen.map(explore);
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
