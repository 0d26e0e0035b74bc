/** The checks of clusters against each other. Pure. */
import { MAX_AHEAD_MS } from "../../shared/intent.ts";
import { formatDuration } from "../duration.ts";
import type { Check } from "../migrate/facts.ts";
import { overlap } from "../migrate/preflight.ts";
import { shellWord } from "../shell-word.ts";
import { nameSome } from "./checks.ts";
import type { ClusterFacts, SyncFacts } from "./facts.ts";

/** Clocks this far apart are told of; half of what makes declarations fail comes later. */
const SKEW_WARN_MS = 30_000;

/** Every check that needs more than one cluster; `sync` is undefined where Services could not be compared. */
export function checkBetween(clusters: readonly ClusterFacts[], sync: SyncFacts | undefined): Check[] {
  return [
    checkIdentities(clusters),
    checkVersions(clusters),
    checkMutual(clusters),
    checkNetworks(clusters),
    checkClocks(clusters),
    ...(sync ? [checkSync(sync)] : []),
  ];
}

function checkIdentities(clusters: readonly ClusterFacts[]): Check {
  const name = "different clusters";
  const known = clusters.filter(({ uid }) => uid !== undefined && uid !== "");
  const twins = [...Map.groupBy(known, ({ uid }) => uid).values()].filter((same) => same.length > 1);
  const text = twins.map((same) => same.map(({ status }) => status.context).join(" and ")).join("; ");
  if (twins.length) return { name, state: "fail", detail: `contexts ${text} lead to the same cluster` };
  return { name, state: "ok", detail: clusters.map(({ status }) => status.name).join(", ") };
}

function checkVersions(clusters: readonly ClusterFacts[]): Check {
  const found = clusters.flatMap(({ identity }) => identity?.version ?? []);
  const versions = [...new Set(found)];
  const detail = versions.join(" and ") || "unknown";
  return { name: "one version of syndicate", state: versions.length > 1 ? "warn" : "ok", detail };
}

/** A peer that does not read back holds every release: it never copies a declaration. */
function checkMutual(clusters: readonly ClusterFacts[]): Check {
  const name = "links go both ways";
  const peers = new Map(
    clusters.flatMap(({ identity, status }) => (identity?.peers ? [[status.name, identity.peers] as const] : [])),
  );
  const oneWay = [...peers].flatMap(([from, list]) =>
    list.filter((to) => peers.get(to)?.includes(from) === false).map((to) => `${to} does not read ${from}`),
  );
  const apart = [...peers.keys()].filter((one) =>
    [...peers].every(([other, list]) => other === one || !list.includes(one)),
  );
  const unlinked = peers.size > 1 ? apart.map((one) => `nobody reads ${one}`) : [];
  const faults = [...new Set([...oneWay, ...unlinked])];
  if (faults.length) {
    return {
      name,
      state: "fail",
      detail: faults.join("; "),
      next: "kubectl syndicate link PEER --context CONTEXT --mutual",
    };
  }
  const unseen = [...new Set([...peers.values()].flat())].filter(
    (peer) => !clusters.some(({ status }) => status.name === peer),
  );
  if (unseen.length) return { name, state: "warn", detail: `not looked at: ${unseen.join(", ")}; add their contexts` };
  return { name, state: "ok", detail: "yes" };
}

function checkNetworks(clusters: readonly ClusterFacts[]): Check {
  const name = "pod networks do not overlap";
  const known = clusters.flatMap(({ podCIDRs = [], status }) =>
    podCIDRs.map((cidr) => ({ cidr, cluster: status.name })),
  );
  const twins = known.flatMap((a, i) =>
    known
      .slice(i + 1)
      .filter((b) => a.cluster !== b.cluster && overlap(a.cidr, b.cidr))
      .map((b) => `${a.cidr} of ${a.cluster} and ${b.cidr} of ${b.cluster}`),
  );
  if (twins.length) return { name, state: "fail", detail: nameSome(twins) };
  const silent = clusters.filter(({ podCIDRs = [] }) => podCIDRs.length === 0).map(({ status }) => status);
  if (silent.length) {
    const next = silent.map(
      ({ context }) => `kubectl syndicate install --context ${shellWord(context)} --set POD_CIDRS=…`,
    );
    const names = silent.map((status) => status.name).join(", ");
    return { name, state: "warn", detail: `${names}: not declared, and Nodes do not tell`, next: next.join("; ") };
  }
  return { name, state: "ok", detail: nameSome(known.map(({ cidr }) => cidr)) };
}

function checkClocks(clusters: readonly ClusterFacts[]): Check {
  const name = "clocks agree";
  const known = clusters.flatMap(({ skewMs, status }) =>
    skewMs === undefined ? [] : [{ skewMs, cluster: status.name }],
  );
  const [first] = known;
  if (!first) return { name, state: "warn", detail: "no cluster tells its time" };
  const latest = known.reduce((a, b) => (b.skewMs > a.skewMs ? b : a));
  const earliest = known.reduce((a, b) => (b.skewMs < a.skewMs ? b : a));
  const apart = latest.skewMs - earliest.skewMs;
  if (apart < SKEW_WARN_MS) return { name, state: "ok", detail: "to some seconds" };
  const state = apart > MAX_AHEAD_MS ? "fail" : "warn";
  return { name, state, detail: `${latest.cluster} is ${formatDuration(apart)} ahead of ${earliest.cluster}` };
}

function checkSync({ total, bad }: SyncFacts): Check {
  const name = "Services are in sync";
  if (bad.length === 0) return { name, state: "ok", detail: `${total}` };
  const detail = `${bad.length} of ${total} not: ${nameSome(bad.map(({ service, reason }) => `${service} ${reason}`))}`;
  return { name, state: "warn", detail, next: "kubectl syndicate status -A" };
}
