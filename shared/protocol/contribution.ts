/** What a cluster contributes to a Service, as any cluster sees it, and how its objects are told apart. */

import { MANAGED_BY, MIRRORING_MANAGER, NATIVE_MANAGER, OUR_MANAGER, REPLICA_OF, SOURCE_CLUSTER } from "../keys.ts";
import { type EndpointSlice, label, type Service } from "../kube/objects.ts";
import { effectiveSelector, hasSelector } from "../selector.ts";
import type { ClusterView } from "./snapshot.ts";
import { isReady } from "./usable.ts";

/** Slices Kubernetes makes from a selector; frozen if the Service has none any more. */
export function nativeSlices(slices: readonly EndpointSlice[]): EndpointSlice[] {
  return slices.filter((slice) => label(slice, MANAGED_BY) === NATIVE_MANAGER);
}

/** Slices Kubernetes copied from an Endpoints object. */
export function mirroredSlices(slices: readonly EndpointSlice[]): EndpointSlice[] {
  return slices.filter((slice) => label(slice, MANAGED_BY) === MIRRORING_MANAGER);
}

/** Our copies, of one cluster if named. */
export function ourCopies(view: ClusterView, cluster?: string): EndpointSlice[] {
  return view.slices.filter(
    (slice) =>
      label(slice, MANAGED_BY) === OUR_MANAGER && (cluster === undefined || label(slice, SOURCE_CLUSTER) === cluster),
  );
}

/** The cluster a replica stands for; undefined for a user's own Service. */
export function replicaOf(service: Service | undefined): string | undefined {
  return service && label(service, REPLICA_OF);
}

/** A user's Service, as opposed to a replica of ours. */
export function isOwn(service: Service | undefined): service is Service {
  return service !== undefined && replicaOf(service) === undefined;
}

/**
 * A Service that does not select although we know what it would: we took its selector away, or made it without one. That is so
 * of a replica which became an own Service by a move that was taken back before it selected anything.
 */
export function isStripped(service: Service): boolean {
  return !hasSelector(service) && effectiveSelector(service) !== undefined;
}

export interface Contribution {
  /** Source slices, one copy is made of each. */
  slices: EndpointSlice[];
  /**
   * False while there is a selector or shadow whose slices the native controller has not written yet (it writes at
   * least an empty one): what was copied before then stands for the truth.
   */
  known: boolean;
}

/**
 * Native slices of the Service if it has a selector and of its shadow if it has one; an own Service that never had a
 * selector contributes whatever slices others maintain for it. Stripped and without shadow: nothing, and that is known.
 */
export function contribution(view: ClusterView): Contribution {
  const { service, shadow } = view;
  if (!service) return { slices: [], known: true };
  const groups: (readonly EndpointSlice[])[] = [];
  if (hasSelector(service)) groups.push(trackedSlices(view));
  else if (isOwn(service) && !isStripped(service)) groups.push(foreignSlices(view.slices));
  if (shadow) groups.push(nativeSlices(view.shadowSlices));
  const selects = hasSelector(service) || shadow !== undefined;
  return { slices: groups.flat(), known: !selects || groups.some((group) => group.length > 0) };
}

/**
 * The native slices of a Service with a selector. After a selector has returned they say what they said when it went, until
 * Kubernetes writes them anew, while the shadow has tracked the pods all along: once its slices are written, its word
 * counts for every address, and what it does not list is not ready.
 */
export function trackedSlices(view: ClusterView): readonly EndpointSlice[] {
  const natives = nativeSlices(view.slices);
  const tracking = view.shadow ? nativeSlices(view.shadowSlices) : [];
  if (tracking.length === 0) return natives;
  const tracked = tracking.flatMap((slice) => slice.endpoints ?? []);
  const said = new Map(tracked.map(({ addresses, conditions }) => [addresses[0], conditions ?? { ready: true }]));
  return natives.map((slice) => ({
    ...slice,
    endpoints: (slice.endpoints ?? []).map((endpoint) => ({
      ...endpoint,
      conditions: said.get(endpoint.addresses[0]) ?? { ready: false },
    })),
  }));
}

/** Slices of a selectorless own Service: all but ours. */
function foreignSlices(slices: readonly EndpointSlice[]): EndpointSlice[] {
  return slices.filter((slice) => label(slice, MANAGED_BY) !== OUR_MANAGER);
}

/** Addresses ready in at least one of the slices: what makes an address ready in a contribution (ready if in either). */
export function readyAddresses(slices: readonly EndpointSlice[]): Set<string> {
  const ready = new Set<string>();
  for (const slice of slices) {
    for (const endpoint of slice.endpoints ?? []) {
      if (isReady(endpoint)) for (const address of endpoint.addresses) ready.add(address);
    }
  }
  return ready;
}
