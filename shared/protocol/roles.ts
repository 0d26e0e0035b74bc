/** Which intent wins, who takes part, and what that makes of each cluster. */

import { type Intent, type IntentCopy, impliedMode, latestIntent, parseIntent, sameIntent } from "../intent.ts";
import { INTENT, MODE, SHADOW_OF } from "../keys.ts";
import { annotation, type Service } from "../kube/objects.ts";
import { hasSelector } from "../selector.ts";
import { contribution, isOwn, nativeSlices, replicaOf } from "./contribution.ts";
import { type ClusterView, ownView, type Snapshot } from "./snapshot.ts";

/** What the own cluster is to the Service, and the cluster it looks to, if any. */
export type Role =
  | { kind: "absent" }
  /** An own Service that nobody said takes part; nothing is written to it. */
  | { kind: "independent"; conflict: boolean }
  /** The own Service serves and no mode is declared (or it was removed here). */
  | { kind: "origin" }
  /** Made by us, follows `of`. */
  | { kind: "replica"; of: string }
  /** Made by us, and what it stood for is gone: to be deleted. */
  | { kind: "surplus"; because: string; vanished?: true }
  | { kind: "server" }
  | { kind: "follower"; of: string }
  | { kind: "union" }
  | { kind: "singular" }
  /** An own Service released from a participation that ended with `singular` elsewhere. */
  | { kind: "dismissed" }
  /** The server of the winning intent is gone; this cluster still contributes, or has released (`Orphaned`). */
  | { kind: "orphan"; released: boolean };

/** The intent copy of a cluster's Service; read once for each object. */
export function intentOf({ service }: ClusterView): IntentCopy | undefined {
  const text = service && annotation(service, INTENT);
  if (!service || text === undefined) return undefined;
  if (!intents.has(service)) intents.set(service, parseIntent(text));
  return intents.get(service);
}

const intents = new WeakMap<Service, IntentCopy | undefined>();

/** The latest intent visible in any cluster, last-known views included. */
export function latestVisible(snapshot: Snapshot): Intent | undefined {
  return latestIntent([...snapshot.clusters.values()].map(intentOf));
}

/** An intent is void while its server is listed and has no Service: it strips nothing and is not copied. */
export function isVoid(snapshot: Snapshot, intent: Intent): boolean {
  if (intent.mode === "union") return false;
  const server = snapshot.clusters.get(intent.at);
  return server?.listed === true && server.service === undefined;
}

/** Services the protocol never touches, whatever their annotations say. */
export function isExempt(service: Service): boolean {
  return (
    service.spec.type === "ExternalName" ||
    (service.metadata.namespace === "default" && service.metadata.name === "kubernetes") ||
    Object.hasOwn(service.metadata.labels ?? {}, SHADOW_OF)
  );
}

/**
 * Whether a cluster's Service takes part under `intent`: replicas always; own Services if they carry a mode themselves,
 * are named as server or declarer, or the declarer took them along. Whoever has copied a `none` carries no mode any more, and has to
 * part: it takes part until it serves alone, or it would keep what another one's word brought it.
 */
export function takesPart(view: ClusterView, intent: Intent): boolean {
  const { service, name } = view;
  if (!service || isExempt(service)) return false;
  return (
    replicaOf(service) !== undefined ||
    annotation(service, MODE) !== undefined ||
    intent.at === name ||
    intent.from === name ||
    intent.adopt?.includes(name) === true ||
    (intent.mode === "none" && sameIntent(intentOf(view), intent))
  );
}

/**
 * Clusters that `intent` names and whose own Service takes part for no other reason yet: it follows no intent. A mode that
 * nobody has stamped is none, it may be put back. Who has copied the intent is no longer awaited, or an independent Service
 * made there later would be taken along.
 */
export function awaitedNames(snapshot: Snapshot, intent: Intent): string[] {
  if (intent.mode === "none" || intent.mode === "singular") return [];
  return [...new Set([intent.at, intent.from ?? intent.at, ...(intent.adopt ?? [])])].filter((name) => {
    const view = snapshot.clusters.get(name);
    if (view?.listed && !view.service) return false;
    return !view?.service || (isOwn(view.service) && impliedMode(intentOf(view), name) === undefined);
  });
}

/** Every view whose Service takes part under `intent`. */
export function participants(snapshot: Snapshot, intent: Intent): ClusterView[] {
  return [...snapshot.clusters.values()].filter((view) => takesPart(view, intent));
}

/** The own cluster's role. */
export function resolveRole(snapshot: Snapshot): Role {
  const own = ownView(snapshot);
  if (!own.service || own.service.metadata.deletionTimestamp) return { kind: "absent" };
  if (isExempt(own.service)) return { kind: "independent", conflict: false };
  const latest = latestVisible(snapshot);
  if (latest && isVoid(snapshot, latest)) return voidRole(snapshot, own);
  if (!latest) return undeclaredRole(snapshot, own);
  if (!takesPart(own, latest)) return { kind: "independent", conflict: latest.mode !== "singular" };
  return declaredRole(snapshot, own, latest);
}

function declaredRole(snapshot: Snapshot, own: ClusterView, intent: Intent): Role {
  const here = intent.at === own.name;
  switch (intent.mode) {
    case "union":
      return { kind: "union" };
    case "source":
      return here ? { kind: "server" } : { kind: "follower", of: intent.at };
    case "singular":
      if (here) return { kind: "singular" };
      return isOwn(own.service) ? { kind: "dismissed" } : { kind: "surplus", because: `singular in ${intent.at}` };
    case "none":
      if (here) return { kind: "origin" };
      return isOwn(own.service) ? { kind: "origin" } : undeclaredRole(snapshot, own);
  }
}

/** No intent: own Services serve, replicas follow the own Service they stand for. */
function undeclaredRole(snapshot: Snapshot, own: ClusterView): Role {
  const origin = replicaOf(own.service);
  if (origin === undefined) {
    const others = [...snapshot.clusters.values()].filter((view) => view.name !== own.name && isOwn(view.service));
    return others.length ? { kind: "independent", conflict: true } : { kind: "origin" };
  }
  const view = snapshot.clusters.get(origin);
  if (!view?.listed || isOwn(view.service)) return { kind: "replica", of: origin };
  const heir = chooseOrigin(snapshot);
  if (heir) return { kind: "replica", of: heir.name };
  if (view.forgotten) return { kind: "surplus", because: `${origin} is forgotten here` };
  return { kind: "surplus", because: `the Service is gone in ${origin}`, vanished: true };
}

/** The server is gone: who still contributes serves on, who has released stays as it is, replicas find another origin. */
function voidRole(snapshot: Snapshot, own: ClusterView): Role {
  const service = own.service;
  if (!isOwn(service)) return undeclaredRole(snapshot, own);
  if (annotation(service, INTENT) === undefined) return undeclaredRole(snapshot, own);
  // While the frozen slices are there the release is not done: it is taken back, as when the server goes unready.
  const released = !hasSelector(service) && own.shadow === undefined && nativeSlices(own.slices).length === 0;
  return { kind: "orphan", released };
}

/**
 * The cluster a new or homeless replica stands for: a listed one whose own Service serves, is not `singular`, and has no
 * mode that still waits for its stamp. The oldest Service wins (as in the Multi-Cluster Services API), then the name.
 */
export function chooseOrigin(snapshot: Snapshot): ClusterView | undefined {
  const latest = latestVisible(snapshot);
  const valid = latest && !isVoid(snapshot, latest) ? latest : undefined;
  if (valid?.mode === "singular") return undefined;
  const eligible = [...snapshot.clusters.values()].filter((view) => view.name !== snapshot.own && mayBeOrigin(view));
  if (valid?.mode === "source" || valid?.mode === "none") return eligible.find((view) => view.name === valid.at);
  const preferred = valid && eligible.find((view) => view.name === valid.at);
  return preferred ?? eligible.sort(byAge)[0];
}

function mayBeOrigin(view: ClusterView): boolean {
  const { service, listed, name } = view;
  if (!listed || !isOwn(service) || isExempt(service) || service.metadata.deletionTimestamp) return false;
  const intent = intentOf(view);
  const pending = annotation(service, MODE) !== (intent ? impliedMode(intent, name) : undefined);
  return !pending && (hasSelector(service) || view.shadow !== undefined || contribution(view).slices.length > 0);
}

function byAge(a: ClusterView, b: ClusterView): number {
  const [left, right] = [a, b].map((view) => view.service?.metadata.creationTimestamp ?? "");
  if (left !== right) return (left ?? "") < (right ?? "") ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}
