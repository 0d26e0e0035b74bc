import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { labsFolder } from "./folders.ts";
import { identifyProcess, isAlive, type ProcessIdentity } from "./owner.ts";

/** What is known on disk about a lab, enough to use it from a shell and to remove it. */
export interface LabRecord {
  /** Six random characters, part of the name of every network namespace of the lab. */
  id: string;
  /** Absolute path of the lab's folder: certificates, etcd data, logs, kubeconfig. */
  dir: string;
  /** The process whose death makes the lab garbage; null for a kept lab, which only `down` removes. */
  owner: ProcessIdentity | null;
  /** ISO 8601. */
  created: string;
  /** Kubernetes version, such as `v1.20.2`. */
  version: string;
  clusters: { name: string; localServer: string; hostNamespace: string | null }[];
}

/** Environment variable carried by every process of a lab; its value is the lab's id. */
export const LAB_VARIABLE = "KUBECTL_SYNDICATE_LAB";

const NETNS_FOLDER = "/run/netns";

/** Prefix of the names of a lab's network namespaces. */
export function namespacePrefix(id: string): string {
  return `syn-${id}-`;
}

/** Writes a lab's record, replacing an earlier one in one step. The lab's folder must exist. */
export function writeRecord(record: LabRecord): void {
  const file = join(record.dir, "lab.json");
  writeFileSync(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** All labs on record in the cache folder, oldest first, whether their owner lives or not. */
export function readRecords(): LabRecord[] {
  const records: LabRecord[] = [];
  for (const id of readdirSync(labsFolder())) {
    const record = readRecord(join(labsFolder(), id, "lab.json"));
    if (record) records.push(record);
  }
  return records.sort((a, b) => a.created.localeCompare(b.created));
}

function readRecord(file: string): LabRecord | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as LabRecord;
  } catch (error) {
    // Removed meanwhile, or its owner died before the first write.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Pids of the live processes of a lab, found by the variable in their environment. */
export function labProcesses(id: string): number[] {
  return findProcesses(id).map(({ pid }) => pid);
}

function findProcesses(id: string): ProcessIdentity[] {
  const mark = `${LAB_VARIABLE}=${id}`;
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => readEnvironment(pid).includes(mark))
    .map(identifyProcess)
    .filter((process) => process !== undefined);
}

function readEnvironment(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    // Gone meanwhile, or another user's.
    return [];
  }
}

/** Names of the network namespaces of a lab that exist now. */
export function labNamespaces(id: string): string[] {
  if (!existsSync(NETNS_FOLDER)) return [];
  return readdirSync(NETNS_FOLDER).filter((name) => name.startsWith(namespacePrefix(id)));
}

/**
 * Removes everything of a lab: its processes, network namespaces and folder. Synchronous, so that it can run while the
 * process is exiting; safe to repeat. Throws when a process cannot be ended within 10 s or a namespace not be deleted.
 */
export function removeLab(record: Pick<LabRecord, "id" | "dir">): void {
  const deadline = Date.now() + 10_000;
  // More than one round, for a process that was just being started.
  for (let found = findProcesses(record.id); found.length > 0; found = findProcesses(record.id)) {
    for (const { pid } of found) killIfPresent(pid);
    waitForEnd(record.id, found, deadline);
  }
  deleteNamespaces(record.id);
  rmSync(record.dir, { recursive: true, force: true });
}

function waitForEnd(id: string, processes: ProcessIdentity[], deadline: number): void {
  // A dying process has no environment any more but still holds its ports: so by identity, not by another search.
  for (let left = processes; left.length > 0; left = left.filter(isAlive)) {
    if (Date.now() > deadline)
      throw new Error(`lab ${id}: processes ${left.map(({ pid }) => pid).join(", ")} do not end`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
}

function deleteNamespaces(id: string): void {
  const lines = labNamespaces(id).map((name) => `netns delete ${name}\n`);
  if (lines.length === 0) return;
  const { stderr } = spawnSync("ip", ["-force", "-batch", "-"], { input: lines.join(""), encoding: "utf8" });
  // Another process may be removing the same dead lab: what counts is what is left.
  const left = labNamespaces(id);
  if (left.length > 0) throw new Error(`lab ${id}: cannot delete ${left.join(", ")}: ${stderr}`);
}

function killIfPresent(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Removes the labs whose owner is gone; kept labs and labs with a living owner stay. */
export function sweepDeadLabs(log: (line: string) => void): void {
  for (const record of readRecords()) {
    if (record.owner === null || isAlive(record.owner)) continue;
    log(`removing lab ${record.id}, whose owner (pid ${record.owner.pid}) is gone`);
    removeLab(record);
  }
}
