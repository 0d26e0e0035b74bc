/** The last look before old pods may go, independent of what the core plans: who could still send them a request? Pure. */
import { MANAGED_BY, NATIVE_MANAGER } from "../../shared/keys.ts";
import { type EndpointSlice, label } from "../../shared/kube/objects.ts";
import { sourceOf } from "../../shared/protocol/copies.ts";
import type { ClusterView } from "../../shared/protocol/snapshot.ts";
import { readySet } from "../../shared/protocol/usable.ts";
import type { Wait } from "./situation.ts";

/** What speaks against removing the pods of every cluster but `to`; nothing if they may go. */
export function findLeftovers(to: string, views: ReadonlyMap<string, ClusterView>): Wait[] {
  return [...views.values()].flatMap((view) => {
    const { service, name: cluster } = view;
    if (!service) return [];
    const foreign = view.slices.filter((slice) => !leadsTo(to, view.name, slice) && hasEndpoints(slice));
    const waits = foreign.map((slice) => ({ cluster, message: `slice ${slice.metadata.name} still leads elsewhere` }));
    const ready = readySet(view.slices, service).size;
    return ready > 0 ? waits : [...waits, { cluster, message: "publishes no ready endpoint" }];
  });
}

/** A copy of `to`'s slices, or in `to` itself a native slice. */
function leadsTo(to: string, cluster: string, slice: EndpointSlice): boolean {
  if (sourceOf(slice) === to) return true;
  return cluster === to && label(slice, MANAGED_BY) === NATIVE_MANAGER;
}

function hasEndpoints(slice: EndpointSlice): boolean {
  return (slice.endpoints ?? []).length > 0;
}
