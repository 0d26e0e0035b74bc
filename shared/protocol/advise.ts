/** What a snapshot tells the webhook about the other clusters. */
import type { Advice, ClusterAdvice } from "../advice.ts";
import { MODE } from "../keys.ts";
import { annotation } from "../kube/objects.ts";
import { parseMode } from "../mode.ts";
import { contribution, isOwn } from "./contribution.ts";
import { portablePorts } from "./ports.ts";
import { awaitedNames, latestVisible } from "./roles.ts";
import type { ClusterView, Snapshot } from "./snapshot.ts";
import { countReady } from "./usable.ts";

/** The advice on a snapshot's Service. */
export function adviseOn(snapshot: Snapshot): Advice {
  const latest = latestVisible(snapshot);
  return {
    cluster: snapshot.own,
    ...(latest ? { latest, awaited: awaitedNames(snapshot, latest) } : {}),
    clusters: [...snapshot.clusters.values()].map(adviseOnCluster),
  };
}

function adviseOnCluster(view: ClusterView): ClusterAdvice {
  const { name, listed, service } = view;
  if (!service) return { name, readable: listed, service: "none", ready: 0, ports: [] };
  const mode = parseMode(annotation(service, MODE));
  return {
    name,
    readable: listed,
    service: isOwn(service) ? "own" : "replica",
    ...(mode ? { mode } : {}),
    ready: countReady(contribution(view).slices, service),
    ports: portablePorts(service),
  };
}
