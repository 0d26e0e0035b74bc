/** What slices say about addresses, read by the judge without help from the core. */
import { MANAGED_BY, MIRRORING_MANAGER, NATIVE_MANAGER } from "../../../shared/keys.ts";
import { type Endpoint, type EndpointSlice, label, type Service } from "../../../shared/kube/objects.ts";
import { hasSelector } from "../../../shared/selector.ts";
import { KEY } from "./sides.ts";

/** True for what a removed selector left behind: by the endpointslice controller, or mirrored from Endpoints. */
export function isFrozen(services: readonly Service[], slice: EndpointSlice): boolean {
  const native = [NATIVE_MANAGER, MIRRORING_MANAGER].includes(label(slice, MANAGED_BY) ?? "");
  return native && !hasSelector(services.find((one) => one.metadata.name === KEY.name));
}

/** Addresses that are ready. */
export function readyIn(slices: readonly EndpointSlice[]): Set<string> {
  return addressesOf(slices, ({ conditions }) => conditions?.ready ?? true);
}

/** Ready, or terminating and still serving: what kube-proxy falls back to. */
export function usableIn(slices: readonly EndpointSlice[]): Set<string> {
  const test = ({ conditions = {} }: Endpoint) =>
    (conditions.ready ?? true) || (conditions.terminating === true && conditions.serving === true);
  return addressesOf(slices, test);
}

function addressesOf(slices: readonly EndpointSlice[], test: (endpoint: Endpoint) => boolean): Set<string> {
  const endpoints = slices.flatMap((slice) => slice.endpoints ?? []);
  return new Set(endpoints.filter(test).flatMap(({ addresses }) => addresses));
}

/** All addresses, ready or not. */
export function addressesIn(slices: readonly EndpointSlice[]): string[] {
  return slices.flatMap((slice) => slice.endpoints ?? []).flatMap(({ addresses }) => addresses);
}
