/** Step: addresses of peers that are not copied are named; a Service that lacks endpoints of its own is not in sync. */
import { compileRanges, isAllowedAddress } from "../../address.ts";
import type { EndpointSlice } from "../../kube/objects.ts";
import type { Context } from "../context.ts";
import { contribution, ourCopies } from "../contribution.ts";
import type { ClusterView } from "../snapshot.ts";
import { type Hold, NOTHING, type Step } from "../write.ts";

/** How many are named; a person needs an example, not a list. */
const EXAMPLES = 3;

/** One hold for each source that has addresses we do not take. */
export function stepRefused({ snapshot, own, desire }: Context): Step {
  const holds: Hold[] = [];
  for (const source of desire.sources) {
    const view = snapshot.clusters.get(source);
    if (source === own.name || !view?.listed) continue;
    const { slices } = contribution(view);
    // At rest nothing is refused if nothing is missing: addresses are looked at only where something is.
    if (countEndpoints(ourCopies(own, source)) === countEndpoints(slices)) continue;
    const refused = refusedAddresses(view, slices);
    if (refused.length > 0) holds.push({ reason: "AddressRefused", message: describe(view, refused) });
  }
  return holds.length > 0 ? { writes: [], holds } : NOTHING;
}

function countEndpoints(slices: readonly EndpointSlice[]): number {
  return slices.reduce((sum, { endpoints }) => sum + (endpoints?.length ?? 0), 0);
}

function refusedAddresses({ podCIDRs }: ClusterView, slices: readonly EndpointSlice[]): string[] {
  const allowed = podCIDRs.length > 0 ? compileRanges(podCIDRs) : undefined;
  return slices
    .filter((slice) => slice.addressType !== "FQDN")
    .flatMap((slice) => slice.endpoints ?? [])
    .flatMap((endpoint) => endpoint.addresses)
    .filter((address) => !isAllowedAddress(address, allowed));
}

function describe({ name, podCIDRs }: ClusterView, refused: readonly string[]): string {
  const named = refused.slice(0, EXAMPLES).join(", ") + (refused.length > EXAMPLES ? ", …" : "");
  const networks = podCIDRs.length > 0 ? `, or outside of its pod networks ${podCIDRs.join(", ")}` : "";
  return `addresses of ${name} are not taken, because they are of no pod${networks}: ${named}`;
}
