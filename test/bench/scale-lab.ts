/** A lab for thousands of Services: sync runs in `west` alone, and `east` and `north` are its peers. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { endpointSlices, services } from "../../shared/kube/resources.ts";
import { type Agent, installSyndicate } from "../lab/installation.ts";
import { type Lab, type LabCluster, startLab } from "../lab/lab.ts";
import { runCommand } from "../lab/process.ts";
import type { Metrics } from "./metrics.ts";
import { benchService, benchSlice } from "./objects.ts";
import type { RawWrite } from "./raw-writer.ts";
import { SyncLog } from "./sync-log.ts";

const PER_NAMESPACE = 100;
const ENDPOINTS = 10;

export interface ScaleLab {
  lab: Lab;
  west: LabCluster;
  east: LabCluster;
  north: LabCluster;
  agent: Agent;
}

/** Starts it; sync has run once, for what its very first run writes, and is stopped. */
export async function startScaleLab(tell: (line: string) => void): Promise<ScaleLab> {
  await buildPrograms();
  const lab = await startLab({ clusters: ["west", "east", "north"], log: tell });
  try {
    freeze(lab, "kube-proxy");
    const agents = await installSyndicate(lab, {
      webhook: false,
      on: ["west"],
      built: true,
      env: { LOG_LEVEL: "info" },
    });
    const agent = agents.get("west");
    if (!agent) throw new Error("sync was not installed in west");
    await stopSync(agent);
    const [west, east, north] = [lab.cluster("west"), lab.cluster("east"), lab.cluster("north")];
    return { lab, west, east, north, agent };
  } catch (error) {
    await lab.stop();
    throw error;
  }
}

/** What ships is measured: sources that Node strips of their types at each start cost time and 100 MB that nobody else pays. */
export async function buildPrograms(): Promise<void> {
  const { code, stderr } = await runCommand([process.execPath, join(ROOT, "build.ts")]);
  if (code !== 0) throw new Error(`the build failed:\n${stderr}`);
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Ends sync in order: its Lease is released. */
export async function stopSync(agent: Agent): Promise<void> {
  agent.sync.kill("SIGTERM");
  const { code } = await agent.sync.exited;
  if (code !== 0) throw new Error(`sync ended with code ${code}:\n${agent.sync.logTail()}`);
}

/** Starts sync and waits for nothing: a probe of readiness would take from the cores it starts on. The moment, and its log. */
export async function startSync(agent: Agent): Promise<{ started: number; log: SyncLog }> {
  const started = Date.now();
  await agent.launchSync();
  return { started, log: new SyncLog(agent.sync.logFile) };
}

/** What sync tells about itself now. */
export async function scrape({ west, lab }: ScaleLab): Promise<Metrics> {
  const file = join(lab.dir, "metrics.json");
  await runScript(west, "scrape", ["http://127.0.0.1:8080/metrics", file]);
  return JSON.parse(readFileSync(file, "utf8")) as Metrics;
}

/** The script of this folder as one file of plain JavaScript, as sync is one. */
export async function bundleScript({ lab }: ScaleLab, name: string): Promise<string> {
  const outfile = join(lab.dir, `${name}.mjs`);
  const banner = { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' };
  const entryPoints = [fileURLToPath(new URL(`${name}.ts`, import.meta.url))];
  await build({ entryPoints, outfile, bundle: true, format: "esm", platform: "node", target: "node22", banner });
  return outfile;
}

/** Runs a script, by default the one of that name in this folder, on a cluster's host. Throws unless it ends with code 0. */
export async function runScript(
  cluster: LabCluster,
  name: string,
  args: string[],
  script = fileURLToPath(new URL(`${name}.ts`, import.meta.url)),
): Promise<void> {
  const child = await cluster.spawn(name, process.execPath, [script, ...args]);
  const { code } = await child.exited;
  if (code !== 0) throw new Error(`${name} failed:\n${child.logTail()}`);
}

/** Creates `count` Services named `prefix-…` with a slice each, a hundred in a namespace that every cluster gets. */
export async function fill({ lab }: ScaleLab, cluster: LabCluster, prefix: string, count: number): Promise<void> {
  const writes: RawWrite[] = [];
  for (let i = 0; i < count; i++) {
    const namespace = `${prefix}-${Math.floor(i / PER_NAMESPACE)}`;
    if (i % PER_NAMESPACE === 0) for (const each of lab.clusters.values()) await each.ensureNamespace(namespace);
    const service = benchService(namespace, `service-${i}`);
    const slice = benchSlice(service, ENDPOINTS, i * ENDPOINTS);
    const key = `${namespace}/${service.metadata.name}`;
    writes.push({ key, method: "create", path: services.in(namespace), body: service });
    writes.push({ key, method: "create", path: endpointSlices.in(namespace), body: slice });
  }
  await writeRaw(lab, cluster, cluster.adminKubeconfig("lab"), writes);
}

/** Makes the writes from the cluster's host; the seconds they took. */
export async function writeRaw(lab: Lab, cluster: LabCluster, kubeconfig: string, writes: RawWrite[]): Promise<number> {
  const [config, list, result] = ["config", "list", "result"].map((part) => join(lab.dir, `raw-writer-${part}`));
  writeFileSync(config ?? "", kubeconfig, { mode: 0o600 });
  writeFileSync(list ?? "", writes.map((write) => JSON.stringify(write)).join("\n"));
  await runScript(cluster, "raw-writer", [config ?? "", list ?? "", result ?? ""]);
  return Number(readFileSync(result ?? "", "utf8")) / 1000;
}

/**
 * Stops programs of the lab that are no part of what is measured, neither of ours nor of the floor: thousands of Services keep
 * kube-proxy busy for seconds at each change, on cores that the control planes share here.
 */
export function freeze(lab: Lab, ...programs: readonly string[]): void {
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const command = readCommand(entry);
    const named = programs.some((program) => command.split("\0").some((part) => basename(part) === program));
    if (named && command.includes(lab.dir)) process.kill(Number(entry), "SIGSTOP");
  }
}

/** Empty for a process that has ended meanwhile. */
function readCommand(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
