/** What a cluster says about itself to its peers and to people: the data of the ConfigMap `syndicate-identity`. */
import type { Settings } from "./protocol/snapshot.ts";

/** Which namespaces take part in a cluster. */
export interface Scope {
  /** `NSTOWATCH`; empty means all. */
  watch: readonly string[];
  /** `EXCLUDE`. */
  exclude: readonly string[];
}

export interface Identity {
  /** The name peers know this cluster by. */
  clusterName: string;
  /** uid of the namespace kube-system: the one name a cluster never shares with another, nor ever changes. */
  clusterUid?: string;
  /** Version of the sync process; empty where it does not say. */
  version: string;
  /** Empty where nobody configured them. */
  podCIDRs: readonly string[];
  /** Absent if it cannot be read. */
  scope?: Scope;
  /** The settings the protocol is decided with there: whoever judges this cluster from outside needs them. */
  settings: Settings;
  /** Names of the clusters whose kubeconfig it holds; absent where it does not say. */
  peers?: readonly string[];
  /** uid of each peer that was met, by name: a person's contexts are held against them. */
  peerUids?: Readonly<Record<string, string>>;
  /** Why peers, or their new kubeconfigs, are refused; by name. Absent if none is. */
  peersRefused?: Readonly<Record<string, string>>;
}

/** The identity in a ConfigMap's data; undefined if it names no cluster. */
export function parseIdentity(data: Readonly<Record<string, string>>): Identity | undefined {
  const { clusterName, clusterUid, peers } = data;
  if (!clusterName) return undefined;
  const scope = parseScope(data["scope"]);
  const peerUids = parseTexts(data["peerUids"]);
  const peersRefused = parseTexts(data["peersRefused"]);
  return {
    clusterName,
    version: data["version"] ?? "",
    podCIDRs: splitList(data["podCIDRs"]),
    ...(scope ? { scope } : {}),
    settings: {
      unionSelector: data["unionSelector"] === "keep" ? "keep" : "strip",
      endpoints: data["endpoints"] === "off" ? "off" : "mirror",
    },
    ...(clusterUid ? { clusterUid } : {}),
    ...(peers === undefined ? {} : { peers: splitList(peers) }),
    ...(peerUids ? { peerUids } : {}),
    ...(peersRefused ? { peersRefused } : {}),
  };
}

/** The data of the ConfigMap; a field that says nothing is left out. */
export function renderIdentity(identity: Identity): Record<string, string> {
  const { clusterName, clusterUid, version, podCIDRs, scope, settings, peers, peerUids, peersRefused } = identity;
  return {
    clusterName,
    ...(clusterUid === undefined ? {} : { clusterUid }),
    version,
    ...(scope ? { scope: JSON.stringify({ watch: scope.watch, exclude: scope.exclude }) } : {}),
    unionSelector: settings.unionSelector,
    endpoints: settings.endpoints,
    ...(peers ? { peers: [...peers].sort().join(",") } : {}),
    ...(peerUids ? { peerUids: JSON.stringify(peerUids) } : {}),
    ...(peersRefused ? { peersRefused: JSON.stringify(peersRefused) } : {}),
    ...(podCIDRs.length > 0 ? { podCIDRs: podCIDRs.join(",") } : {}),
  };
}

function splitList(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);
}

/** A JSON map of texts; undefined for anything else, which another version may have written. */
function parseTexts(text: string | undefined): Record<string, string> | undefined {
  const found = parseObject(text);
  const isMap = found !== undefined && Object.values(found).every((value) => typeof value === "string");
  return isMap ? (found as Record<string, string>) : undefined;
}

function parseScope(text: string | undefined): Scope | undefined {
  const { watch, exclude } = parseObject(text) ?? {};
  return isList(watch) && isList(exclude) ? { watch, exclude } : undefined;
}

function isList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function parseObject(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const found: unknown = JSON.parse(text ?? "");
    return typeof found === "object" && found !== null ? (found as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
