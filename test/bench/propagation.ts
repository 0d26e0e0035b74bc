import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MODE } from "../../shared/keys.ts";
import type { KubeClient } from "../../shared/kube/client.ts";
import type { DiscoveryVersion } from "../../shared/kube/discovery.ts";
import { chooseVersion } from "../../shared/kube/discovery.ts";
import { endpointSlices, services } from "../../shared/kube/resources.ts";
import { waitFor } from "../e2e/waiting.ts";
import { type Agent, installSyndicate } from "../lab/installation.ts";
import { type Lab, type LabCluster, type LabProcess, startLab } from "../lab/lab.ts";
import { IdleDelay } from "./idle-delay.ts";
import { measureLargeServices } from "./large-services.ts";
import { benchService, benchSlice, connectBench } from "./objects.ts";
import {
  type Load,
  NOISE_NAMESPACES,
  NOISE_WIDTH,
  type ProbeResult,
  type PropagationSamples,
  type PropagationTask,
  serviceNames,
} from "./propagation-task.ts";
import { type BenchOptions, makeRow, type PartResult, percentile, type Row } from "./row.ts";
import { buildPrograms, freeze, stopSync } from "./scale-lab.ts";

const NAMESPACES = { ours: "bench-ours", floor: "bench-floor" };
const STEADY = { rate: 30, seconds: 4, rounds: 7, noise: 0 };
const LOADS: readonly Load[] = [
  { ...STEADY, width: 1 },
  { ...STEADY, width: 10 },
  { width: 50, rate: 150, seconds: 6, rounds: 15, noise: 300 },
];
const REACH = { p50: 1.5, p99: 2 };
/** Of the storm's rate, that must have been kept up. */
const LEAST_NOISE = 0.95;
/** The Kubernetes namespaces excluded by default, the floor's, and one of those that are none of our business. */
const EXCLUDE = ["kube-system,kube-public,kube-node-lease", NAMESPACES.floor, NOISE_NAMESPACES.excluded].join(",");

/** Slice change in one cluster to its copy in the other, and large Services. */
export function measureChanges(options: BenchOptions): Promise<PartResult> {
  return measureIn(options, async (lab) => {
    const loads = LOADS.filter(({ noise }) => noise === 0);
    const { rows, lags } = await measure(lab, scaled(loads, options), options.tell);
    const clusters = [lab.cluster("east"), lab.cluster("west")] as const;
    const large = await measureLargeServices(...clusters, NAMESPACES.ours, options.tell);
    return { rows: [...rows, ...large], lags };
  });
}

/** The same while others change too, and what is written meanwhile. */
export function measureStorm(options: BenchOptions): Promise<PartResult> {
  return measureIn(options, async (lab) => {
    const loads = LOADS.filter(({ noise }) => noise > 0);
    const { rows, lags, samples, noiseRate } = await measure(lab, scaled(loads, options), options.tell);
    return { rows: [...rows, ...judgeWrites(samples), judgeNoise(loads, noiseRate)], lags };
  });
}

function scaled(loads: readonly Load[], { scale }: BenchOptions): Load[] {
  return loads.map((load) => ({ ...load, rounds: Math.ceil(load.rounds * Math.min(scale, 1)) }));
}

async function measureIn({ tell }: BenchOptions, run: (lab: Lab) => Promise<PartResult>): Promise<PartResult> {
  const lab = await startLab({ log: tell });
  try {
    return await run(lab);
  } finally {
    await lab.stop();
  }
}

type Measured = PartResult & ProbeResult;

async function measure(lab: Lab, loads: Load[], tell: (line: string) => void): Promise<Measured> {
  const [east, west] = [lab.cluster("east"), lab.cluster("west")];
  await buildPrograms();
  const agents = await installSyndicate(lab, { webhook: false, built: true, env: { EXCLUDE, LOG_LEVEL: "info" } });
  freeze(lab, "kube-proxy", "kube-controller-manager");
  const api = await discoverySlices(east);
  await Promise.all([east, west].map((cluster) => createSubjects(cluster, cluster === east)));
  const forwarder = await startForwarder(lab, api);
  await Promise.all(Object.values(NAMESPACES).map((namespace) => waitCopied(west, api, namespace)));
  const carrier = await leaveOnly(agents, west.name);
  tell("every slice has its copy; changes begin");
  const pids = { ours: [carrier.sync.pid], floor: [forwarder.pid] };
  const carriers = (["ours", "floor"] as const).map((name) => ({
    name,
    namespace: NAMESPACES[name],
    pids: pids[name],
  }));
  const kubeconfigs = { east: east.adminKubeconfig("lab"), west: west.adminKubeconfig("lab") };
  const metrics = "http://127.0.0.1:8080/metrics";
  const task = { ...kubeconfigs, api: `/apis/discovery.k8s.io/${api}`, carriers, loads, metrics };
  const delay = new IdleDelay();
  const { samples, ...noise } = await runProbe(lab, [forwarder, carrier.sync], task);
  const rows = loads.flatMap((load) => judge(load, samples, tell));
  const idle = delay.take();
  const lags = samples.flatMap(({ told }) => (told ? [{ during: "changes", millis: told.lagMs, idle }] : []));
  return { rows, lags, samples, ...noise };
}

/** Sync of the other clusters has done its part; where each cluster has machines of its own, it would not be in the way either. */
async function leaveOnly(agents: ReadonlyMap<string, Agent>, cluster: string): Promise<Agent> {
  const left = agents.get(cluster);
  if (!left) throw new Error(`sync was not installed in ${cluster}`);
  for (const agent of agents.values()) if (agent !== left) await stopSync(agent);
  return left;
}

async function discoverySlices(cluster: LabCluster): Promise<DiscoveryVersion> {
  const { versions } = (await cluster.call("GET", "/apis/discovery.k8s.io")) as { versions: { version: string }[] };
  const version = chooseVersion(versions.map((offered) => offered.version));
  if (!version) throw new Error("this server has no EndpointSlices");
  return version;
}

function slicesPath(version: DiscoveryVersion, namespace: string): string {
  return `/apis/discovery.k8s.io/${version}/namespaces/${namespace}/endpointslices`;
}

/** Services whose slices change, and those that take no part. */
async function createSubjects(cluster: LabCluster, source: boolean): Promise<void> {
  const client = connectBench(cluster);
  const names = LOADS.flatMap(({ width }) => serviceNames(width));
  for (const namespace of Object.values(NAMESPACES)) {
    await cluster.ensureNamespace(namespace);
    // In the other cluster sync makes the Service itself; the floor only knows slices.
    if (source || namespace === NAMESPACES.floor) await create(client, namespace, names, source ? 1 : 0);
  }
  if (source) {
    const others = serviceNames(NOISE_WIDTH);
    for (const namespace of Object.values(NOISE_NAMESPACES)) await cluster.ensureNamespace(namespace);
    await create(client, NOISE_NAMESPACES.excluded, others, 1);
    await create(client, NOISE_NAMESPACES.singular, others, 1, { [MODE]: "singular" });
  }
  await client.close();
}

async function create(
  client: KubeClient,
  namespace: string,
  names: readonly string[],
  endpoints: number,
  annotations: Record<string, string> = {},
): Promise<void> {
  for (const name of names) {
    const service = benchService(namespace, name, annotations);
    await client.create(services.in(namespace), service);
    if (endpoints === 0) continue;
    await client.create(endpointSlices.in(namespace), benchSlice(service, endpoints));
    await client.patch(endpointSlices.one(namespace, name), UNTRACKED, "merge");
  }
}

/**
 * Ends the server's account of who wrote which field, for good (Kubernetes, "Clearing managedFields"): keeping it is work of the
 * API server that two cores have to do besides what is measured.
 */
const UNTRACKED = { metadata: { managedFields: [{}] } };

async function startForwarder(lab: Lab, version: DiscoveryVersion): Promise<LabProcess> {
  const [east, west] = [lab.cluster("east"), lab.cluster("west")];
  const files = [east, west].map((cluster) => {
    const file = join(lab.dir, `${cluster.name}-admin`);
    writeFileSync(file, cluster.adminKubeconfig("lab"), { mode: 0o600 });
    return file;
  });
  const script = fileURLToPath(new URL("smallest-forwarder.ts", import.meta.url));
  const args = [script, ...files, `/apis/discovery.k8s.io/${version}`, NAMESPACES.floor];
  return west.spawn("smallest-forwarder", process.execPath, args);
}

async function waitCopied(cluster: LabCluster, version: DiscoveryVersion, namespace: string): Promise<void> {
  const wanted = LOADS.reduce((sum, { width }) => sum + width, 0);
  await waitFor(`copies in ${namespace}`, async () => {
    const { items } = (await cluster.call("GET", slicesPath(version, namespace))) as { items: object[] };
    return items.length >= wanted ? { done: undefined } : { seen: `${items.length} of ${wanted}` };
  });
}

async function runProbe(lab: Lab, measured: readonly LabProcess[], task: PropagationTask): Promise<ProbeResult> {
  const [taskFile, samplesFile] = [join(lab.dir, "task.json"), join(lab.dir, "samples.json")];
  writeFileSync(taskFile, JSON.stringify(task), { mode: 0o600 });
  const script = fileURLToPath(new URL("propagation-probe.ts", import.meta.url));
  const probe = await lab.cluster("west").spawn("probe", process.execPath, [script, taskFile, samplesFile]);
  const { code } = await probe.exited;
  const logs = [probe, ...measured].map(({ name, logTail }) => `log of ${name}:\n${logTail()}`);
  if (code !== 0) throw new Error(`the probe failed\n${logs.join("\n")}`);
  return JSON.parse(readFileSync(samplesFile, "utf8")) as ProbeResult;
}

/** Each round's percentile, and of those the median: a burst of work of somebody else spoils its round and no other. */
function judge(load: Load, samples: readonly PropagationSamples[], tell: (line: string) => void): Row[] {
  const { width, rate, noise } = load;
  const services = width === 1 ? "one Service" : `${width} Services in turn`;
  const name = `${noise ? "storm, " : ""}${rate} changes a second of ${services}`;
  return ([50, 99] as const).map((percent) => {
    const [value = 0, floor = 0] = (["ours", "floor"] as const).map((carrier) => {
      const rounds = samples.filter((sample) => sample.load.width === width && sample.carrier === carrier);
      const found = rounds.map(({ millis }) => percentile(millis, percent / 100));
      tell(`${name}, p${percent} of each round, ${carrier}: ${found.map((millis) => millis.toFixed(1)).join(" ")}`);
      return percentile(found, 0.5);
    });
    const ratio = percent === 50 ? REACH.p50 : REACH.p99;
    const judged = percent === 99 || noise === 0;
    return makeRow({
      name: `${name}, p${percent}`,
      unit: "ms",
      value,
      floor,
      ...(judged ? { atMost: { ratio } } : {}),
    });
  });
}

/** A storm that the lab could not keep up is none: the rate that was reached is held to the one that was meant. */
function judgeNoise(loads: readonly Load[], reached = Number.NaN): Row {
  const meant = Math.max(...loads.map(({ noise }) => noise));
  const name = "storm, changes a second of Services that take no part";
  return makeRow({ name, unit: "/s", value: reached, floor: meant, atLeast: { ratio: LEAST_NOISE } });
}

/** Writes of ours for each change of the storm. Nothing is left out: whatever sync wrote meanwhile counts. */
function judgeWrites(samples: readonly PropagationSamples[]): Row[] {
  const rounds = samples.filter(({ load, told }) => load.noise > 0 && told);
  const changes = rounds.reduce((sum, round) => sum + round.changes, 0);
  const writes = (which: "writes" | "writesInAll") =>
    rounds.flatMap(({ told }) => Object.values(told?.[which] ?? {})).reduce((sum, count) => sum + count, 0) / changes;
  const name = "storm, writes of ours for one change";
  return [
    makeRow({
      name: `${name}, until every change was seen`,
      unit: "writes",
      value: writes("writes"),
      atMost: { value: 1 },
    }),
    makeRow({ name: `${name}, Endpoints after the storm included`, unit: "writes", value: writes("writesInAll") }),
  ];
}
