import { randomInt } from "node:crypto";
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findBinaries } from "./binaries/binaries.ts";
import { ensureNetworkTools } from "./binaries/system-packages.ts";
import { LabCluster } from "./cluster.ts";
import { labsFolder } from "./folders.ts";
import { renderKubeconfig } from "./kubeconfig.ts";
import { MAX_CLUSTERS, Network } from "./network.ts";
import { identifyProcess } from "./owner.ts";
import { type LabRecord, removeLab, sweepDeadLabs, writeRecord } from "./record.ts";

/** How a lab is made. */
export interface LabOptions {
  /** Names of the clusters, lower-case letters, digits and dashes. Default `east` and `west`. At most 15. */
  clusters?: string[];
  /** The lab outlives this process; only `npm run lab -- down` removes it. Default false. */
  keep?: boolean;
  /** Receives news, one line at a time. Default: nothing is told. */
  log?: (line: string) => void;
}

/** Running clusters that reach each other. */
export interface Lab {
  id: string;
  /** The lab's folder: logs, meters' files, kubeconfig, certificates, etcd data. Removed by `stop`. */
  dir: string;
  /** Path of a kubeconfig with one context per cluster, for use outside the lab's network. */
  kubeconfig: string;
  /** Path of a kubectl of at least 1.26. */
  kubectl: string;
  /** False without root: control planes only, no pods, no kube-proxy, no traffic. */
  hasNetwork: boolean;
  clusters: ReadonlyMap<string, LabCluster>;
  /** The cluster of that name. Throws when there is none. */
  cluster(name: string): LabCluster;
  /** Copies the logs and meters' files to a folder, for a look after a failure. */
  saveLogs(folder: string): void;
  /** Removes the lab with everything in it. */
  stop(): Promise<void>;
}

export type { LabCluster } from "./cluster.ts";
export type { Meter, MeterSpec } from "./meter.ts";
export type { MeterRecord, MeterReport } from "./meter-report.ts";
export type { LabPod, PodSpec } from "./pod.ts";
export type { CommandResult, LabProcess, ProcessExit } from "./process.ts";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";

function newId(): string {
  return Array.from({ length: 6 }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
}

function checkNames(names: string[]): void {
  const bad = names.filter((name) => !/^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/.test(name) || name === "switch");
  if (bad.length > 0) throw new Error(`not a cluster name: ${bad.join(", ")}`);
  if (new Set(names).size !== names.length) throw new Error(`a cluster is named twice: ${names.join(", ")}`);
  if (names.length < 1 || names.length > MAX_CLUSTERS) throw new Error(`a lab has 1 to ${MAX_CLUSTERS} clusters`);
}

function reserveFolder(keepFor: number): LabRecord {
  const id = newId();
  const dir = join(labsFolder(), id);
  mkdirSync(dir, { mode: 0o700 });
  const owner = identifyProcess(keepFor) ?? null;
  const record = { id, dir, owner, created: new Date().toISOString(), version: "", clusters: [] };
  writeRecord(record);
  return record;
}

/**
 * Removes the lab when this process ends or is told to end, however that comes about short of SIGKILL, after which the
 * kernel kills the lab's processes and the next lab's start removes the rest. Returns a function that calls this off.
 */
function removeAtExit(record: LabRecord): () => void {
  const remove = () => removeLab(record);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const onSignal = (signal: NodeJS.Signals) => {
    callOff();
    remove();
    process.kill(process.pid, signal);
  };
  const callOff = () => {
    process.removeListener("exit", remove);
    for (const signal of signals) process.removeListener(signal, onSignal);
  };
  process.once("exit", remove);
  for (const signal of signals) process.once(signal, onSignal);
  return callOff;
}

/** What a start decides before the first cluster. */
interface LabPlan {
  names: string[];
  keep: boolean;
  record: LabRecord;
  log: (line: string) => void;
}

async function startClusters({ names, keep, record, log }: LabPlan): Promise<Lab> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) await ensureNetworkTools(log);
  else log("not root: control planes only. Pods, kube-proxy and traffic need root (network namespaces).");
  const binaries = await findBinaries(log);
  log(`lab ${record.id}: Kubernetes ${binaries.version} from ${binaries.origin}, starting ${names.join(", ")}`);
  const network = isRoot ? new Network(record.id) : null;
  await network?.open();
  const started = await Promise.all(
    names.map((name, i) =>
      LabCluster.start({ labId: record.id, labDir: record.dir, name, number: i + 1, binaries, keep, network }),
    ),
  );
  const kubeconfig = join(record.dir, "kubeconfig");
  writeFileSync(kubeconfig, renderKubeconfig(started.map((cluster) => cluster.kubeconfigEntry("local"))), {
    mode: 0o600,
  });
  record.version = binaries.version;
  record.clusters = started.map(({ name, localServer, hostNamespace }) => ({ name, localServer, hostNamespace }));
  if (keep) record.owner = null;
  writeRecord(record);
  return describeLab(record, kubeconfig, binaries.kubectl, started);
}

function describeLab(record: LabRecord, kubeconfig: string, kubectl: string, started: LabCluster[]): Lab {
  const clusters = new Map(started.map((cluster) => [cluster.name, cluster]));
  return {
    id: record.id,
    dir: record.dir,
    kubeconfig,
    kubectl,
    hasNetwork: started.every((cluster) => cluster.hostNamespace !== null),
    clusters,
    cluster: (name) => {
      const cluster = clusters.get(name);
      if (!cluster) throw new Error(`lab ${record.id} has no cluster ${name}, only ${[...clusters.keys()].join(", ")}`);
      return cluster;
    },
    saveLogs: (folder) => {
      for (const part of ["logs", "meters"]) {
        const source = join(record.dir, part);
        if (existsSync(source)) cpSync(source, join(folder, part), { recursive: true });
      }
    },
    stop: async () => removeLab(record),
  };
}

/**
 * Starts a lab: real Kubernetes clusters in network namespaces of their own. Labs of dead owners are removed first. Takes
 * about 10 s once the binaries are there; the very first start builds them, which takes minutes.
 * Throws, leaving nothing behind, when something does not come up.
 */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const { clusters: names = ["east", "west"], keep = false, log = () => undefined } = options;
  checkNames(names);
  sweepDeadLabs(log);
  const record = reserveFolder(process.pid);
  const callOff = removeAtExit(record);
  try {
    const lab = await startClusters({ names, keep, record, log });
    if (keep) callOff();
    return {
      ...lab,
      stop: async () => {
        callOff();
        await lab.stop();
      },
    };
  } catch (error) {
    callOff();
    removeLab(record);
    throw error;
  }
}
