import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { cacheFolder } from "../folders.ts";
import { runOrThrow } from "../process.ts";
import { buildFromDebian, ETCD_FOLDER, fetchEtcd, SERVER_FOLDER } from "./debian-build.ts";
import { findIn } from "./executable.ts";
import { findKubectl } from "./kubectl.ts";
import type { Log } from "./progress.ts";

/** Absolute paths of what a lab runs. */
export interface Binaries {
  etcd: string;
  apiServer: string;
  controllerManager: string;
  proxy: string;
  /** At least 1.26. */
  kubectl: string;
  /** The version that all three servers report, such as `v1.20.2`. */
  version: string;
  /** Where the servers were found: `KUBEBUILDER_ASSETS`, `PATH` or `the cache`. */
  origin: string;
}

const SERVERS = ["kube-apiserver", "kube-controller-manager", "kube-proxy"] as const;

interface Source {
  label: string;
  folders: string[];
  /** A chosen source must be complete; another one is passed over when it has none of the servers. */
  chosen: boolean;
}

function sources(env: NodeJS.ProcessEnv): Source[] {
  const assets = env["KUBEBUILDER_ASSETS"];
  const path = (env["PATH"] ?? "").split(delimiter).filter(Boolean);
  return [
    ...(assets ? [{ label: "KUBEBUILDER_ASSETS", folders: [assets], chosen: true }] : []),
    { label: "PATH", folders: path, chosen: false },
    { label: "the cache", folders: [join(cacheFolder(), SERVER_FOLDER)], chosen: false },
  ];
}

function completeServers(source: Source): string[] | undefined {
  const found = SERVERS.map((name) => findIn(source.folders, name));
  const missing = SERVERS.filter((_name, i) => found[i] === undefined);
  if (missing.length === 0) return found.filter((file) => file !== undefined);
  if (missing.length === SERVERS.length && !source.chosen) return undefined;
  throw new Error(
    `${source.label} (${source.chosen ? source.folders.join(delimiter) : "searched for the Kubernetes servers"}) lacks ` +
      `${missing.join(", ")}. kube-apiserver, kube-controller-manager and kube-proxy must come from one source.`,
  );
}

/** Version an executable reports with `--version`, such as `v1.20.2`. Throws when it reports none. */
export async function reportedVersion(file: string): Promise<string> {
  const output = await runOrThrow([file, "--version"]);
  const version = /v\d+\.\d+\.\d+\S*/.exec(output)?.[0];
  if (!version) throw new Error(`${file} --version reports no version: ${output.trim()}`);
  return version;
}

async function oneVersion(files: string[]): Promise<string> {
  const versions = await Promise.all(files.map(reportedVersion));
  const [first = ""] = versions;
  if (versions.every((version) => version === first)) return first;
  const list = files.map((file, i) => `${file} ${versions[i]}`).join(", ");
  throw new Error(`the Kubernetes servers must report one version, but: ${list}`);
}

/**
 * Finds the servers: in `KUBEBUILDER_ASSETS`, `PATH`, the cache folder; else builds them once from Debian's source package
 * into the cache. etcd comes from the same place where present, else from the cache or from Debian's package.
 * Throws when a source has only some of the servers, or when they report different versions.
 */
export async function findBinaries(log: Log, env: NodeJS.ProcessEnv = process.env): Promise<Binaries> {
  const candidates = sources(env);
  let source = candidates.find((candidate) => completeServers(candidate) !== undefined);
  if (!source) {
    await buildFromDebian(log);
    source = candidates.at(-1);
  }
  const files = source && completeServers(source);
  const [apiServer, controllerManager, proxy] = files ?? [];
  if (!source || !files || !apiServer || !controllerManager || !proxy) throw new Error("the build left no servers");
  const etcdFolders = [...source.folders, join(cacheFolder(), ETCD_FOLDER)];
  const etcd = findIn(etcdFolders, "etcd") ?? (await fetchEtcd(log));
  if (!existsSync(etcd)) throw new Error(`etcd is not at ${etcd}`);
  const version = await oneVersion(files);
  const kubectl = await findKubectl(log, env);
  return { etcd, apiServer, controllerManager, proxy, kubectl, version, origin: source.label };
}
