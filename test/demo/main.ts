import { parseArgs } from "node:util";
import { findFaults } from "./clients.ts";
import { renderReports } from "./report.ts";
import { playMove } from "./scenario.ts";
import { openStage, type Stage } from "./stage.ts";

// A Service moves between two real clusters under load, and every request is answered: `npm run demo [-- --keep]`.

const started = performance.now();
const tell = (line = "") => console.log(line);

function step(line: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5);
  tell(`${seconds} s  ${line}`);
}

function renderKept({ lab, shell }: Stage): string[] {
  return [
    "",
    "The lab stays. From any shell:",
    "",
    `  ${shell.exports}`,
    "  kubectl syndicate status",
    "  kubectl syndicate status web",
    "  kubectl --context west get service,endpointslices",
    "",
    "and when you have seen enough, in this folder:",
    "",
    `  npm run lab -- down ${lab.id}`,
  ];
}

async function run(keep: boolean): Promise<number> {
  tell("A Service moves from one Kubernetes cluster to another while clients in both call it. Real API servers,");
  tell("controllers and kube-proxies in network namespaces of this machine; nothing outside is touched.");
  tell();
  const stage = await openStage({ keep, tell: step });
  try {
    step("kubectl-syndicate is installed in both: sync and webhook, from manifests/");
    const tellScenario = (kind: "step" | "output", line: string) =>
      kind === "step" ? step(line) : tell(`         ${line}`.trimEnd());
    const { migrate, reports, moments } = await playMove(stage, { tell: tellScenario });
    tell();
    for (const line of renderReports(reports, moments)) tell(line);
    const faults = findFaults(reports);
    if (migrate.code !== 0) faults.unshift(`kubectl syndicate migrate ended with code ${migrate.code}`);
    const seconds = Math.round((performance.now() - started) / 1000);
    const all = reports.reduce((sum, { sent }) => sum + sent, 0);
    tell();
    if (faults.length === 0) tell(`Moved: ${all} requests, none failed. ${seconds} s in all.`);
    for (const fault of faults) tell(`FAILED: ${fault}`);
    return faults.length === 0 ? 0 : 1;
  } finally {
    await stage.leave();
    if (keep) for (const line of renderKept(stage)) tell(line);
    else await stage.lab.stop();
  }
}

try {
  const { values } = parseArgs({ options: { keep: { type: "boolean", default: false } } });
  // Processes of a kept lab do not keep this one alive, not even while it waits for them.
  const alive = setInterval(() => undefined, 60_000);
  process.exitCode = await run(values.keep).finally(() => clearInterval(alive));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
