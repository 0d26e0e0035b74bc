/** From views of all clusters to the model of one Service. Pure. */

import { copyIntent } from "../../shared/intent.ts";
import { MODE, ORIGIN_SELECTOR } from "../../shared/keys.ts";
import { annotation, type EndpointSlice, type Service } from "../../shared/kube/objects.ts";
import { parseMode } from "../../shared/mode.ts";
import { contribution, isStripped, nativeSlices, ourCopies, replicaOf } from "../../shared/protocol/contribution.ts";
import { sourceOf } from "../../shared/protocol/copies.ts";
import { intentOf, isExempt, latestVisible } from "../../shared/protocol/roles.ts";
import type { ClusterView, ServiceKey } from "../../shared/protocol/snapshot.ts";
import { isReady } from "../../shared/protocol/usable.ts";
import { hasSelector, parseSelector, savedSelector } from "../../shared/selector.ts";
import { judge, type Member, peerViewsOf, type Verdict } from "../judge.ts";
import { seenFrom } from "../perspective.ts";
import { unseenClusters } from "../traces.ts";
import type { PlaceStatus, SelectorStatus, ServiceStatus } from "./model.ts";
import { findOpenMove } from "./open-move.ts";
import { explainPlace, mostUrgent } from "./reason.ts";
import { servingClusters } from "./serving.ts";

/** The status of one Service; undefined if it takes no part anywhere. */
export function summarise(
  key: ServiceKey,
  members: readonly Member[],
  views: ReadonlyMap<string, ClusterView>,
  now: number,
): ServiceStatus | undefined {
  const services = [...views.values()].flatMap(({ service }) => service ?? []);
  const [first] = services;
  if (!first || services.every(isExempt)) return undefined;
  const verdicts = new Map(judge(key, members, views, now).map((verdict) => [verdict.cluster, verdict]));
  const clusters = peerViewsOf(members, views);
  const snapshot = seenFrom(members[0]?.name ?? "", key, clusters);
  const intent = latestVisible(snapshot);
  const complete = [...clusters.values()].every(({ listed }) => listed) && unseenClusters(clusters).length === 0;
  const serving = servingClusters(snapshot, intent).flatMap((view) => contribution(view).slices);
  const expected = complete ? countAddresses(serving) : undefined;
  const places = members.map(({ name, judged }) =>
    describePlace(name, views.get(name), verdicts.get(name), judged, expected),
  );
  const move = findOpenMove(key, clusters);
  const createdAt = first.metadata.creationTimestamp;
  return {
    namespace: key.namespace,
    name: key.name,
    ports: (first.spec.ports ?? []).map(({ port, protocol }) => `${port}/${protocol ?? "TCP"}`),
    labels: first.metadata.labels ?? {},
    headless: first.spec.clusterIP === "None",
    ...(intent ? { intent: copyIntent({ ...intent }, undefined) } : {}),
    ...(move ? { move } : {}),
    inSync: places.every(({ inSync }) => inSync),
    sync: mostUrgent(places),
    ...(createdAt === undefined ? {} : { createdAt }),
    places,
  };
}

/** True if somebody, user or sync process, has said or done something about the Service in any cluster. */
export function takesPart(status: ServiceStatus, views: ReadonlyMap<string, ClusterView>): boolean {
  const marked = [...views.values()].some(
    (view) =>
      view.service !== undefined &&
      (annotation(view.service, MODE) !== undefined ||
        intentOf(view) !== undefined ||
        replicaOf(view.service) !== undefined),
  );
  return marked || status.places.some(({ known, inSync }) => known && !inSync);
}

function describePlace(
  cluster: string,
  view: ClusterView | undefined,
  verdict: Verdict | undefined,
  judged: boolean,
  serving: number | undefined,
): PlaceStatus {
  const nothing = { cluster, ready: 0, sources: {}, own: [], frozen: 0, shadow: false };
  if (!view?.listed) {
    return { ...nothing, known: false, exists: false, role: "unknown", ...explainPlace(undefined, "unread") };
  }
  const { service } = view;
  const reason = explainPlace(verdict, judged ? "judged" : "bystander");
  if (!service) return { ...nothing, known: true, exists: false, role: "absent", ...reason };
  const mode = parseMode(annotation(service, MODE));
  const selector = describeSelector(service);
  const expected = countExpected(view, verdict, serving);
  return {
    cluster,
    known: true,
    exists: true,
    ...(mode ? { mode } : {}),
    role: verdict?.role.kind ?? "unmanaged",
    ready: readyIn(view.slices).size,
    ...(expected === undefined ? {} : { expected }),
    sources: countSources(view),
    own: [...readyIn(contribution(view).slices)].sort(),
    frozen: isStripped(service) ? nativeSlices(view.slices).length : 0,
    shadow: view.shadow !== undefined,
    ...(selector ? { selector } : {}),
    ...(service.spec.clusterIP ? { clusterIP: service.spec.clusterIP } : {}),
    ...reason,
  };
}

/** Roles that publish nothing but their own pods. */
const ALONE = ["origin", "server", "singular"];

function countExpected(
  view: ClusterView,
  verdict: Verdict | undefined,
  serving: number | undefined,
): number | undefined {
  const role = verdict?.role.kind ?? "independent";
  // Who takes no part has nobody's pods to publish but its own.
  if (role === "independent" || (serving === undefined && ALONE.includes(role))) {
    return countAddresses(contribution(view).slices);
  }
  return serving;
}

function describeSelector(service: Service): SelectorStatus | undefined {
  if (hasSelector(service)) return { kept: "live", labels: service.spec.selector ?? {} };
  const saved = savedSelector(service);
  if (saved) return { kept: "saved", labels: saved };
  const origin = parseSelector(annotation(service, ORIGIN_SELECTOR));
  return origin ? { kept: "origin", labels: origin } : undefined;
}

function readyIn(slices: readonly EndpointSlice[]): Set<string> {
  return new Set(
    slices.flatMap(({ endpoints }) =>
      (endpoints ?? []).filter(isReady).flatMap(({ addresses: [first] }) => first ?? []),
    ),
  );
}

/** Ready addresses published in a cluster, by where they live; an address in several slices counts once. */
function countSources(view: ClusterView): Record<string, number> {
  const copies = Map.groupBy(ourCopies(view), (slice) => sourceOf(slice) ?? "");
  const sets = new Map([...copies].map(([source, slices]) => [source, readyIn(slices)] as const));
  const others = readyIn(view.slices.filter((slice) => sourceOf(slice) === undefined));
  if (others.size > 0) sets.set(view.name, new Set([...others, ...(sets.get(view.name) ?? [])]));
  return Object.fromEntries([...sets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([source, set]) => [source, set.size]));
}

/** Distinct addresses that are ready or may become so; those being shut down are on their way out. */
function countAddresses(slices: readonly EndpointSlice[]): number {
  const staying = slices.flatMap(({ endpoints }) =>
    (endpoints ?? []).filter(({ conditions }) => !conditions?.terminating),
  );
  return new Set(staying.map(({ addresses: [first] }) => first)).size;
}
