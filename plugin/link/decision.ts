/** What has to be done so that one cluster reads another, and what forbids it. Pure. */
import type { End } from "./ends.ts";
import type { ProbedPeer } from "./probe.ts";

/** The kubeconfig that is wanted, but for its token. */
export interface Wanted {
  server: string;
  authority: string | undefined;
  podCIDRs: readonly string[];
}

/** What the user named; the rest is as before, else as the user's own kubeconfig and the peer have it. */
export function chooseWanted(
  named: { address: string | undefined; authority: string | undefined; podCIDRs: readonly string[] },
  existing: ProbedPeer | undefined,
  peer: Pick<End, "server" | "podCIDRs">,
  usual: string | undefined,
): Wanted {
  const kept = existing?.credentials;
  const server = (named.address ?? kept?.server ?? peer.server).replace(/\/+$/, "");
  const declared = peer.podCIDRs.length ? peer.podCIDRs : (kept?.podCIDRs ?? []);
  return {
    server,
    authority: named.authority ?? (kept?.server === server && server !== peer.server ? kept.caData : usual),
    podCIDRs: named.podCIDRs.length ? named.podCIDRs : declared,
  };
}

export type LinkDecision =
  /** Nothing to do. */
  | { kind: "keep" }
  /** Write the file; `token`: with a new one, else with the one it has. */
  | { kind: "write"; token: "new" | "same"; because: string }
  | { kind: "refuse"; because: string };

/** `files` are all kubeconfigs the reading cluster has. */
export function decideLink(
  here: Pick<End, "name" | "uid">,
  peer: Pick<End, "name" | "uid">,
  files: readonly ProbedPeer[],
  wanted: Wanted,
  rotate: boolean,
): LinkDecision {
  if (here.uid === peer.uid) return { kind: "refuse", because: `both contexts lead to the cluster ${here.uid}` };
  if (here.name === peer.name) {
    return { kind: "refuse", because: `both clusters are called ${here.name}: each needs a name of its own` };
  }
  const twin = files.find(({ name, uid }) => name !== peer.name && uid === peer.uid);
  if (twin) return { kind: "refuse", because: `${here.name} knows this cluster already, as ${twin.name}` };
  const existing = files.find(({ name }) => name === peer.name);
  if (existing?.uid !== undefined && existing.uid !== peer.uid) {
    const because = `${here.name} knows another cluster by the name ${peer.name} (${existing.uid}): unlink that one first`;
    return { kind: "refuse", because };
  }
  if (!existing) return { kind: "write", token: "new", because: "there is none yet" };
  if (rotate) return { kind: "write", token: "new", because: "--rotate" };
  if (existing.credential !== "token" || existing.state === "refused") {
    return { kind: "write", token: "new", because: existing.problem ?? "it has no token" };
  }
  const changes = [
    ...(existing.server === wanted.server ? [] : ["another address"]),
    ...(existing.credentials?.caData?.trim() === wanted.authority?.trim() ? [] : ["another authority"]),
    ...(existing.podCIDRs.join() === wanted.podCIDRs.join() ? [] : ["other pod networks"]),
  ];
  return changes.length ? { kind: "write", token: "same", because: changes.join(", ") } : { kind: "keep" };
}
