import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { findKubectl } from "./binaries/kubectl.ts";
import { startLab } from "./lab.ts";
import { isAlive } from "./owner.ts";
import { enterNamespace } from "./process.ts";
import { type LabRecord, labNamespaces, labProcesses, readRecords, removeLab, sweepDeadLabs } from "./record.ts";

const USAGE = `npm run -s lab -- COMMAND

  up [--clusters east,west]   start a lab that stays until "down"; prints its kubeconfig's path
  down [ID | --all]           remove the kept lab of that id (default: the newest), or all labs
  status                      list the labs
  kubeconfig [ID]             print the path of the newest (or that) lab's kubeconfig
  shell [CLUSTER] [--lab ID]  open a shell with KUBECONFIG set; with a cluster: on that cluster's host
`;

const tell = (line: string) => process.stderr.write(`${line}\n`);

/** The lab of that id, or the newest one, kept labs before those of running tests. Throws when there is none. */
function findLab(id: string | undefined): LabRecord {
  const ready = readRecords().filter((record) => record.clusters.length > 0);
  const kept = ready.filter((record) => record.owner === null);
  const record = id === undefined ? (kept.at(-1) ?? ready.at(-1)) : ready.find((candidate) => candidate.id === id);
  if (record) return record;
  throw new Error(id === undefined ? 'no lab is running; start one with "npm run lab -- up"' : `there is no lab ${id}`);
}

async function up(names: string | undefined): Promise<void> {
  const clusters = names?.split(",").filter(Boolean);
  const lab = await startLab({ keep: true, log: tell, ...(clusters ? { clusters } : {}) });
  for (const { name, localServer } of lab.clusters.values()) tell(`${name}: ${localServer}`);
  tell(`kubectl: ${lab.kubectl}`);
  tell('use it with: export KUBECONFIG="$(npm run -s lab -- kubeconfig)"');
  console.log(lab.kubeconfig);
}

function down(id: string | undefined, all: boolean): void {
  sweepDeadLabs(tell);
  const targets = all ? readRecords() : [findLab(id)];
  for (const record of targets) {
    removeLab(record);
    tell(`lab ${record.id} is removed`);
  }
  if (targets.length === 0) tell("no lab is running");
}

function describeOwner({ owner }: LabRecord): string {
  if (owner === null) return "kept";
  return isAlive(owner) ? `owned by pid ${owner.pid}` : `owner (pid ${owner.pid}) is gone`;
}

function status(): void {
  const records = readRecords();
  if (records.length === 0) console.log("no lab is running");
  for (const record of records) {
    const processes = labProcesses(record.id).length;
    const namespaces = labNamespaces(record.id).length;
    const state = `${processes} processes, ${namespaces} network namespaces`;
    console.log(
      `${record.id}  ${record.version || "starting"}  ${describeOwner(record)}  ${state}  since ${record.created}`,
    );
    for (const { name, localServer } of record.clusters) console.log(`  ${name}  ${localServer}`);
    console.log(`  ${record.dir}`);
  }
}

async function shell(clusterName: string | undefined, id: string | undefined): Promise<number> {
  const record = findLab(id);
  const cluster = record.clusters.find(({ name }) => name === clusterName);
  if (clusterName && !cluster) throw new Error(`lab ${record.id} has no cluster ${clusterName}`);
  const file = cluster?.hostNamespace ? `${cluster.name}/control-plane.kubeconfig` : "kubeconfig";
  const kubectl = await findKubectl(tell, process.env);
  const [command = "sh", ...args] = enterNamespace(cluster?.hostNamespace ?? null, [process.env["SHELL"] || "/bin/sh"]);
  const child = spawn(command, args, {
    stdio: "inherit",
    env: {
      ...process.env,
      KUBECONFIG: join(record.dir, file),
      PATH: `${dirname(kubectl)}:${process.env["PATH"] ?? ""}`,
    },
  });
  // The terminal sends Ctrl-C to both; the shell decides what it means.
  process.on("SIGINT", () => undefined);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

async function run(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { clusters: { type: "string" }, lab: { type: "string" }, all: { type: "boolean", default: false } },
  });
  const [command, argument] = positionals;
  switch (command) {
    case "up":
      await up(values.clusters);
      return 0;
    case "down":
      down(argument, values.all);
      return 0;
    case "status":
      status();
      return 0;
    case "kubeconfig":
      console.log(join(findLab(argument).dir, "kubeconfig"));
      return 0;
    case "shell":
      return shell(argument, values.lab);
    default:
      tell(USAGE);
      return command === undefined || command === "help" ? 0 : 2;
  }
}

try {
  process.exitCode = await run();
} catch (error) {
  tell(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
