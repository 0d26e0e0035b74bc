/** Flags and environment of the sync process, read once into one frozen record; all problems are reported together. */
import { parseArgs } from "node:util";
import { compileRanges } from "../shared/address.ts";
import { SYSTEM_NAMESPACE } from "../shared/keys.ts";
import type { QuotaLimits } from "../shared/kube/quota.ts";
import { isClusterName } from "../shared/names.ts";
import type { Settings } from "../shared/protocol/snapshot.ts";

export interface Config {
  clusterName: string;
  /** Folder of one kubeconfig per peer; the file name is the peer's name. */
  peersDir: string;
  /** Namespaces to watch; empty means all. */
  watch: readonly string[];
  /** Namespaces that never take part, ours included. */
  exclude: readonly string[];
  settings: Settings;
  /** Services that may lose something within ten minutes because it vanished in peers; more, and nothing is deleted. Default 50. */
  maxDeletions: number;
  /** Make missing namespaces for replicas. Default false. */
  createNamespaces: boolean;
  /** Our namespace. */
  namespace: string;
  /** Port of `/healthz`, `/readyz` and `/metrics` on all addresses. */
  port: number;
  /** Port of `/advice` on 127.0.0.1. */
  advicePort: number;
  /** Folder to hand the webhook its certificate in; undefined: no certificates are made. */
  certDir: string | undefined;
  /** Further names and addresses the API server may call the webhook by. */
  webhookHosts: readonly string[];
  /** Pod CIDRs of this cluster, told to the peers; empty means not told. */
  podCIDRs: readonly string[];
  /** How much is taken from a peer. */
  peerLimits: PeerLimits;
  /** kubeconfig of the own cluster, which holds all it needs as one of a peer does; undefined: the Pod's ServiceAccount. */
  kubeconfig: string | undefined;
  logLevel: string;
}

/** What a peer may bring us to keep; the first two for each kind of object. */
export interface PeerLimits extends QuotaLimits {
  /** Endpoints of one Service. */
  endpoints: number;
}

/** What was wrong with flags or environment, one line each. */
export class ConfigError extends Error {}

const FLAGS = {
  "cluster-name": { type: "string" },
  "peers-dir": { type: "string" },
  port: { type: "string" },
  "advice-port": { type: "string" },
  "cert-dir": { type: "string" },
  "webhook-host": { type: "string", multiple: true },
  "pod-cidr": { type: "string", multiple: true },
  "create-namespaces": { type: "boolean" },
  kubeconfig: { type: "string" },
} as const;

/** Those of pino; the first one is the default. */
const LOG_LEVELS = ["info", "trace", "debug", "warn", "error", "fatal", "silent"] as const;

/** Excluded unless `EXCLUDE` is set: the namespaces of Kubernetes itself. */
const KUBE_NAMESPACES = "kube-system,kube-public,kube-node-lease";

/** The configuration from arguments (without `node` and script) and environment; flags win. Throws `ConfigError`. */
export function readConfig(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const flags = parseFlags(args, problems);
  const namespace = env["POD_NAMESPACE"] || SYSTEM_NAMESPACE;
  const config: Config = {
    clusterName: clusterName(flags["cluster-name"] ?? env["CLUSTER_NAME"], problems),
    peersDir: flags["peers-dir"] ?? (env["PEERS_DIR"] || "/etc/kubeconfigs"),
    watch: namespaces("NSTOWATCH", env["NSTOWATCH"], problems),
    exclude: [...new Set([...namespaces("EXCLUDE", env["EXCLUDE"] ?? KUBE_NAMESPACES, problems), namespace])],
    settings: {
      unionSelector: choice("UNION_SELECTOR", env["UNION_SELECTOR"], ["strip", "keep"], problems),
      endpoints: choice("ENDPOINTS", env["ENDPOINTS"], ["mirror", "off"], problems),
    },
    maxDeletions: count("MAX_DELETIONS", env["MAX_DELETIONS"], 50, problems),
    createNamespaces: flags["create-namespaces"] ?? false,
    namespace,
    port: port("--port", flags.port ?? "8080", problems),
    advicePort: port("--advice-port", flags["advice-port"] ?? (env["SYNC_PORT"] || "8081"), problems),
    certDir: flags["cert-dir"],
    webhookHosts: flags["webhook-host"] ?? [],
    podCIDRs: cidrs([...(flags["pod-cidr"] ?? []), ...list(env["POD_CIDRS"])], problems),
    peerLimits: {
      objects: count("PEER_MAX_OBJECTS", env["PEER_MAX_OBJECTS"], 100_000, problems),
      endpoints: count("PEER_MAX_ENDPOINTS", env["PEER_MAX_ENDPOINTS"], 10_000, problems),
      bytes: count("PEER_MAX_MEGABYTES", env["PEER_MAX_MEGABYTES"], 128, problems) * 1024 * 1024,
    },
    kubeconfig: flags.kubeconfig,
    logLevel: choice("LOG_LEVEL", env["LOG_LEVEL"], LOG_LEVELS, problems),
  };
  if (problems.length) throw new ConfigError(problems.join("\n"));
  return Object.freeze(config);
}

function parseFlags(args: readonly string[], problems: string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    problems.push((error as Error).message);
    return {};
  }
}

function clusterName(value: string | undefined, problems: string[]): string {
  if (!value) {
    problems.push("the name of this cluster is missing: set CLUSTER_NAME or --cluster-name, such as CLUSTER_NAME=east");
    return "";
  }
  if (!isClusterName(value)) {
    problems.push(`CLUSTER_NAME "${value}" is no DNS label: lower-case letters, digits and dashes, at most 63`);
  }
  return value;
}

function list(value: string | undefined): string[] {
  return (value ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
}

/** Names of namespaces, which are DNS labels as those of clusters are; patterns are none. */
function namespaces(name: string, value: string | undefined, problems: string[]): string[] {
  const names = list(value);
  const wrong = names.filter((one) => !isClusterName(one));
  if (wrong.length)
    problems.push(`${name}: no name of a namespace: ${wrong.join(" ")}; list whole names, such as shop,bank`);
  return names;
}

function choice<T extends string>(
  name: string,
  value: string | undefined,
  allowed: readonly [T, ...T[]],
  problems: string[],
): T {
  const found = allowed.find((word) => word === (value || allowed[0]));
  if (!found) problems.push(`${name} is "${value}"; allowed: ${allowed.join(", ")}`);
  return found ?? allowed[0];
}

function port(name: string, value: string, problems: string[]): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 65535) problems.push(`${name} "${value}" is no port`);
  return number;
}

function count(name: string, value: string | undefined, preset: number, problems: string[]): number {
  const number = Number(value || preset);
  if (!Number.isSafeInteger(number) || number < 1) problems.push(`${name} is "${value}": it must be a number above 0`);
  return number;
}

function cidrs(values: readonly string[], problems: string[]): readonly string[] {
  try {
    compileRanges(values);
  } catch (error) {
    problems.push(`--pod-cidr or POD_CIDRS: ${(error as Error).message}`);
  }
  return values;
}

/** True if Services of this namespace may take part here. */
export function isInScope(config: Pick<Config, "watch" | "exclude">, namespace: string): boolean {
  return !config.exclude.includes(namespace) && (config.watch.length === 0 || config.watch.includes(namespace));
}

/** Namespaces that a request names: more of them make its path longer than some proxies take. */
const MOST_NAMED = 50;

/**
 * Which objects to ask servers for, by a field selector that each of them knows of each kind: what an excluded namespace has need not
 * travel. It may select more than `isInScope`, for fields cannot be one of several; undefined if it would select everything.
 */
export function scopeSelector({ watch, exclude }: Pick<Config, "watch" | "exclude">): string | undefined {
  const [only, ...others] = watch;
  const rest = exclude.slice(0, MOST_NAMED).map((namespace) => `metadata.namespace!=${namespace}`);
  const terms = only !== undefined && others.length === 0 ? [`metadata.namespace=${only}`] : rest;
  return terms.length ? terms.join() : undefined;
}
