/** Why a Service looks as it does in one cluster: what was declared, who contributes, what waits, who wrote what. Pure. */
import type { IntentCopy } from "../../shared/intent.ts";
import { impliedMode } from "../../shared/intent.ts";
import { MANAGED_BY, MODE, OUR_MANAGER } from "../../shared/keys.ts";
import { annotation, type EndpointSlice, label } from "../../shared/kube/objects.ts";
import { contribution, nativeSlices, readyAddresses, replicaOf } from "../../shared/protocol/contribution.ts";
import { sourceOf } from "../../shared/protocol/copies.ts";
import { intentOf } from "../../shared/protocol/roles.ts";
import type { ClusterView, ServiceKey } from "../../shared/protocol/snapshot.ts";
import { hasSelector, ownSelector, savedSelector } from "../../shared/selector.ts";
import { judge, type Member, type Verdict } from "../judge.ts";
import { listWriters, type Writer } from "./writers.ts";

/** One object, what it is for, and who wrote it. */
export interface TracedObject {
  kind: string;
  name: string;
  /** Such as `copy of west`, `own pods`, `left behind by the selector`. */
  part: string;
  /** Ready addresses in it; absent for Services. */
  ready?: number;
  writers: readonly Writer[];
}

/** One cluster's story. */
export interface ClusterTrace {
  cluster: string;
  /** False if it could not be read: nothing else is known then. */
  known: boolean;
  /** As in `status`; `unmanaged` where no sync process watches. */
  role: string;
  /** The cluster it follows, if it follows one. */
  follows?: string;
  mode?: string;
  /** What the mode should be under its declaration; absent if it is. */
  impliedMode?: string;
  /** The declaration it has copied. */
  declaration?: IntentCopy;
  /** Where its selector is. */
  selector: string;
  /** Ready addresses by the cluster they live in. */
  contributors: readonly { cluster: string; ready: number }[];
  objects: readonly TracedObject[];
  /** What it waits for. */
  waits: readonly string[];
  /** What its sync process writes next. */
  next: readonly string[];
}

/** The trace of every cluster, in the order of the members. */
export function traceService(
  key: ServiceKey,
  members: readonly Member[],
  views: ReadonlyMap<string, ClusterView>,
  now: number,
): ClusterTrace[] {
  const verdicts = new Map(judge(key, members, views, now).map((verdict) => [verdict.cluster, verdict]));
  return members.map(({ name }) => traceCluster(name, views.get(name), verdicts.get(name)));
}

function traceCluster(cluster: string, view: ClusterView | undefined, verdict: Verdict | undefined): ClusterTrace {
  const nothing = { cluster, selector: "none", contributors: [], objects: [], waits: [], next: [] };
  if (!view?.listed) return { ...nothing, known: false, role: "unknown" };
  const waits = (verdict?.holds ?? []).map(({ message }) => message);
  const told = { waits: [...new Set(waits)], next: [...new Set(verdict?.due ?? [])] };
  const { service } = view;
  const role = verdict?.role;
  if (!service) return { ...nothing, ...told, known: true, role: "absent" };
  const declaration = intentOf(view);
  const mode = annotation(service, MODE);
  const implied = impliedMode(declaration, cluster);
  return {
    cluster,
    known: true,
    role: role?.kind ?? "unmanaged",
    ...(role && "of" in role ? { follows: role.of } : {}),
    ...(mode === undefined ? {} : { mode }),
    ...(declaration && implied !== mode ? { impliedMode: implied ?? "none" } : {}),
    ...(declaration ? { declaration } : {}),
    selector: describeSelector(view),
    contributors: listContributors(view),
    objects: listObjects(view),
    ...told,
  };
}

function describeSelector({ service }: ClusterView): string {
  const own = service && ownSelector(service);
  if (!own) return replicaOf(service) === undefined ? "none" : "none, a replica has no pods of its own";
  const text = Object.entries(own)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
  return hasSelector(service) ? text : `${text}, taken off and saved`;
}

function listContributors(view: ClusterView): { cluster: string; ready: number }[] {
  const published = Map.groupBy(view.slices, (slice) => sourceOf(slice) ?? view.name);
  const counts = [...published].map(([cluster, slices]) => ({ cluster, ready: readyAddresses(slices).size }));
  return counts.filter(({ ready }) => ready > 0).sort((a, b) => (a.cluster < b.cluster ? -1 : 1));
}

function listObjects(view: ClusterView): TracedObject[] {
  const { service, shadow, slices, shadowSlices, endpoints } = view;
  const traced = (kind: string, object: EndpointSlice, part: string): TracedObject => ({
    kind,
    name: object.metadata.name,
    part,
    ready: readyAddresses([object]).size,
    writers: listWriters(object),
  });
  const origin = replicaOf(service);
  return [
    ...(service
      ? [
          {
            kind: "Service",
            name: service.metadata.name,
            part: origin === undefined ? "made by a user" : `replica of ${origin}`,
            writers: listWriters(service),
          },
        ]
      : []),
    ...(shadow
      ? [{ kind: "Service", name: shadow.metadata.name, part: "tracks the own pods", writers: listWriters(shadow) }]
      : []),
    ...slices.map((slice) => traced("EndpointSlice", slice, partOf(slice, view))),
    ...shadowSlices.map((slice) => traced("EndpointSlice", slice, "own pods, of the tracking Service")),
    ...(endpoints
      ? [
          {
            kind: "Endpoints",
            name: endpoints.metadata.name,
            part: "for readers of the older API",
            writers: listWriters(endpoints),
          },
        ]
      : []),
  ];
}

function partOf(slice: EndpointSlice, view: ClusterView): string {
  if (label(slice, MANAGED_BY) === OUR_MANAGER) {
    const source = sourceOf(slice);
    return source === view.name ? "own pods, copied from the tracking Service" : `copy of ${source}`;
  }
  const stripped = view.service && !hasSelector(view.service) && savedSelector(view.service) !== undefined;
  if (nativeSlices([slice]).length && stripped) return "left behind by the selector";
  if (contribution(view).slices.some(({ metadata }) => metadata.name === slice.metadata.name)) return "own pods";
  return `kept by ${label(slice, MANAGED_BY) ?? "somebody else"}`;
}
