/** Which endpoints can take a request, and the sets that the make-before-break rules compare. */
import { isIP } from "node:net";
import type { Endpoint, EndpointSlice, Service } from "../kube/objects.ts";

/** Ready; nil counts as true (EndpointSlice API: "nil should be interpreted as true"). */
export function isReady(endpoint: Endpoint): boolean {
  return endpoint.conditions?.ready ?? true;
}

/** Ready, else still serving while it terminates (kube-proxy falls back to those, KEP-1669). */
export function isUsable(endpoint: Endpoint): boolean {
  const conditions = endpoint.conditions;
  return isReady(endpoint) || (conditions?.terminating === true && conditions.serving === true);
}

/**
 * The address families a Service uses; undefined if it does not say. Servers without dual stack (below 1.20, or with the
 * gate off) leave `ipFamilies` out, then the cluster IP tells.
 */
export function familiesOf(service: Service): readonly string[] | undefined {
  const { ipFamilies, clusterIP } = service.spec;
  if (ipFamilies?.length) return ipFamilies;
  const version = isIP(clusterIP ?? "");
  return version === 0 ? undefined : [version === 4 ? "IPv4" : "IPv6"];
}

/**
 * `family/port name/address` of every endpoint that passes `test`, restricted to what `service` can use:
 * its own address families (all, if it names none) and its own port names. kube-proxy matches ports by name.
 */
export function endpointSet(
  slices: readonly EndpointSlice[],
  service: Service,
  test: (endpoint: Endpoint) => boolean,
): Set<string> {
  const names = portNames(service);
  const found = new Set<string>();
  for (const slice of slices) {
    const ports = offeredPorts(slice, service, names);
    for (const endpoint of ports.length ? (slice.endpoints ?? []) : []) {
      if (!test(endpoint)) continue;
      for (const port of ports) found.add(`${slice.addressType}/${port}/${endpoint.addresses[0]}`);
    }
  }
  return found;
}

function portNames(service: Service): ReadonlySet<string> {
  return new Set((service.spec.ports ?? []).map((port) => port.name ?? ""));
}

/** The port names of `slice` that the Service can use; none if it is of another address family. */
function offeredPorts(slice: EndpointSlice, service: Service, names: ReadonlySet<string>): readonly string[] {
  if (familiesOf(service)?.includes(slice.addressType) === false) return [];
  const ports = (slice.ports ?? []).map((port) => port.name ?? "");
  return portsOrWhole(
    ports.filter((name) => names.has(name)),
    names,
  );
}

/** A headless Service without ports has slices without ports: the address itself is what it offers. */
function portsOrWhole(ports: readonly string[], names: ReadonlySet<string>): readonly string[] {
  return names.size === 0 ? [""] : ports;
}

/** Endpoints that can take a request now, see `endpointSet`. */
export function usableSet(slices: readonly EndpointSlice[], service: Service): Set<string> {
  return endpointSet(slices, service, isUsable);
}

/** Addresses that can take a request now, whatever their ports are called. */
export function usableAddresses(slices: readonly EndpointSlice[]): Set<string> {
  const usable = slices.flatMap((slice) => slice.endpoints ?? []).filter(isUsable);
  return new Set(usable.flatMap(({ addresses }) => addresses));
}

/** True if at least one endpoint can take a request now: whether `usableSet` would hold anything. */
export function hasUsable(slices: readonly EndpointSlice[], service: Service): boolean {
  const names = portNames(service);
  return slices.some((slice) => slice.endpoints?.some(isUsable) && offeredPorts(slice, service, names).length > 0);
}

/** Ready endpoints only: a terminating one never counts as "successor ready". */
export function readySet(slices: readonly EndpointSlice[], service: Service): Set<string> {
  return endpointSet(slices, service, isReady);
}

/**
 * Number of endpoints ready on every port and in every address family of the Service: the least of all those counts. A Service
 * that names no family is counted over whatever its slices have.
 */
export function countReady(slices: readonly EndpointSlice[], service: Service): number {
  const ports = (service.spec.ports ?? []).map((port) => port.name ?? "");
  const families = familiesOf(service);
  const counts = new Map<string, number>();
  for (const entry of readySet(slices, service)) {
    const [family = "", port = ""] = entry.split("/");
    const group = `${families ? family : ""}/${port}`;
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  const groups = (families ?? [""]).flatMap((family) =>
    (ports.length ? ports : [""]).map((port) => `${family}/${port}`),
  );
  return Math.min(...groups.map((group) => counts.get(group) ?? 0));
}

/** True if every member of `part` is in `whole`. */
export function isSubset(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  for (const member of part) if (!whole.has(member)) return false;
  return true;
}
