/** When the ports of two clusters' Services cannot be served together. */

import type { ServicePort } from "../kube/objects.ts";

/**
 * What keeps `theirs` from serving beside `ours`, one sentence each; empty if nothing does. Slices are matched to ports by
 * name (kube-proxy), so a name must mean the same port everywhere (the rule of the Multi-Cluster Services API, KEP-1645),
 * and the same port must have the same name. A port that only one side has is no conflict. Target ports may differ.
 */
export function findPortConflicts(ours: readonly ServicePort[], theirs: readonly ServicePort[]): string[] {
  return ours.flatMap((port) => {
    const sameName = theirs.find((other) => nameOf(other) === nameOf(port));
    if (sameName) {
      return describe(sameName) === describe(port)
        ? []
        : [`port ${show(port)} is ${describe(port)} here and ${describe(sameName)} there`];
    }
    const sameNumber = theirs.find((other) => describe(other) === describe(port));
    return sameNumber ? [`port ${describe(port)} is named ${show(port)} here and ${show(sameNumber)} there`] : [];
  });
}

/** Names of `ours` that `theirs` lacks. */
export function missingPorts(ours: readonly ServicePort[], theirs: readonly ServicePort[]): string[] {
  return ours.filter((port) => !theirs.some((other) => nameOf(other) === nameOf(port))).map(show);
}

function nameOf(port: ServicePort): string {
  return port.name ?? "";
}

function show(port: ServicePort): string {
  return `"${nameOf(port)}"`;
}

function describe(port: ServicePort): string {
  return `${port.port}/${port.protocol ?? "TCP"}`;
}
