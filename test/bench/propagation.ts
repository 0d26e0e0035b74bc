import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MANAGED_BY, SERVICE_NAME } from "../../shared/keys.ts";
import type { DiscoveryVersion } from "../../shared/kube/discovery.ts";
import { chooseVersion } from "../../shared/kube/discovery.ts";
import { waitFor } from "../e2e/waiting.ts";
import { installSyndicate } from "../lab/installation.ts";
import { type Lab, type LabCluster, type LabProcess, startLab } from "../lab/lab.ts";
import { type PropagationSamples, type PropagationTask, serviceNames } from "./propagation-task.ts";
import { type Bench, makeRow, percentile, type Row } from "./row.ts";

const NAMESPACES = { ours: "bench-ours", floor: "bench-floor" };
const WIDTHS = [1, 10];
const LOAD = { widths: WIDTHS, rounds: 9, rate: 30, seconds: 4 };
const REACH = { p50: 1.5, p99: 2 };
/** The Kubernetes namespaces excluded by default, and the one that is the floor's alone. */
const EXCLUDE = `kube-system,kube-public,kube-node-lease,${NAMESPACES.floor}`;

/** Slice change in one cluster to its copy in the other. */
export const propagation: Bench = {
  describe:
    "A slice of a Service changes 30 times a second: milliseconds from the PATCH in one cluster to the copy at a watcher of the other. Median over rounds of each round's percentile.",
  async run(tell) {
    const lab = await startLab({ log: tell });
    try {
      return await measure(lab, tell);
    } finally {
      await lab.stop();
    }
  },
};

async function measure(lab: Lab, tell: (line: string) => void): Promise<Row[]> {
  const [east, west] = [lab.cluster("east"), lab.cluster("west")];
  const agents = await installSyndicate(lab, { webhook: false, env: { EXCLUDE, LOG_LEVEL: "info" } });
  const api = await discoverySlices(east);
  await Promise.all([east, west].map((cluster) => createSubjects(cluster, api, cluster === east)));
  const forwarder = await startForwarder(lab, api);
  await Promise.all(Object.values(NAMESPACES).map((namespace) => waitCopied(west, api, namespace)));
  tell("every slice has its copy; changes begin");
  const pids = { ours: [...agents.values()].map(({ sync }) => sync.pid), floor: [forwarder.pid] };
  const carriers = (["ours", "floor"] as const).map((name) => ({
    name,
    namespace: NAMESPACES[name],
    pids: pids[name],
  }));
  const kubeconfigs = { east: east.adminKubeconfig("lab"), west: west.adminKubeconfig("lab") };
  const samples = await runProbe(lab, { ...kubeconfigs, carriers, ...LOAD });
  return WIDTHS.flatMap((width) => judge(width, samples, tell));
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

/**
 * Services without selector whose slice is kept by somebody else, here by the bench. Such slices are the contribution of
 * their cluster as native ones are and take the same way, but no controller of Kubernetes writes to them: whatever the
 * bench sets stays until its next change. With native slices one would measure that controller too.
 */
async function createSubjects(cluster: LabCluster, version: DiscoveryVersion, source: boolean): Promise<void> {
  for (const namespace of Object.values(NAMESPACES)) {
    await cluster.ensureNamespace(namespace);
    // In the other cluster sync makes the Service itself; the floor only knows slices.
    if (!source && namespace === NAMESPACES.ours) continue;
    for (const name of WIDTHS.flatMap(serviceNames)) {
      await cluster.call("POST", `/api/v1/namespaces/${namespace}/services`, {
        metadata: { name },
        spec: { ports: [{ name: "http", port: 80, targetPort: 8080 }] },
      });
      if (source) await cluster.call("POST", slicesPath(version, namespace), sliceOf(name, version));
    }
  }
}

function sliceOf(name: string, version: DiscoveryVersion): object {
  return {
    apiVersion: `discovery.k8s.io/${version}`,
    kind: "EndpointSlice",
    metadata: { name, labels: { [SERVICE_NAME]: name, [MANAGED_BY]: "bench" } },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    endpoints: [{ addresses: ["10.1.250.1"], conditions: { ready: true } }],
  };
}

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
  const wanted = WIDTHS.flatMap(serviceNames).length;
  await waitFor(`copies in ${namespace}`, async () => {
    const { items } = (await cluster.call("GET", slicesPath(version, namespace))) as { items: object[] };
    return items.length >= wanted ? { done: undefined } : { seen: `${items.length} of ${wanted}` };
  });
}

async function runProbe(lab: Lab, task: PropagationTask): Promise<PropagationSamples[]> {
  const [taskFile, samplesFile] = [join(lab.dir, "task.json"), join(lab.dir, "samples.json")];
  writeFileSync(taskFile, JSON.stringify(task), { mode: 0o600 });
  const script = fileURLToPath(new URL("propagation-probe.ts", import.meta.url));
  const probe = await lab.cluster("west").spawn("probe", process.execPath, [script, taskFile, samplesFile]);
  const { code } = await probe.exited;
  if (code !== 0) throw new Error(`the probe failed:\n${probe.logTail()}`);
  return JSON.parse(readFileSync(samplesFile, "utf8")) as PropagationSamples[];
}

/** Each round's percentile, and of those the median: a burst of work of somebody else spoils its round and no other. */
function judge(width: number, samples: readonly PropagationSamples[], tell: (line: string) => void): Row[] {
  const name = width === 1 ? "changes of one Service" : `changes of ${width} Services in turn`;
  return ([50, 99] as const).map((percent) => {
    const [value = 0, floor = 0] = (["ours", "floor"] as const).map((carrier) => {
      const rounds = samples.filter((sample) => sample.width === width && sample.carrier === carrier);
      const found = rounds.map(({ millis }) => percentile(millis, percent / 100));
      tell(`${name}, p${percent} of each round, ${carrier}: ${found.map((millis) => millis.toFixed(1)).join(" ")}`);
      return percentile(found, 0.5);
    });
    const reach = percent === 50 ? REACH.p50 : REACH.p99;
    return makeRow({ name: `${name}, p${percent}`, unit: "ms", value, floor, reach, better: "less" });
  });
}
