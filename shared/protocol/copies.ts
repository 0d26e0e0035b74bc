/** Copies: the slices we write, one for each source slice, and how desired and existing ones are told apart. */

import { compileRanges, isAllowedAddress } from "../address.ts";
import { HEADLESS, MANAGED_BY, OUR_MANAGER, SERVICE_NAME, SOURCE_CLUSTER } from "../keys.ts";
import { type Endpoint, type EndpointSlice, label, type Service } from "../kube/objects.ts";
import { copyName } from "../names.ts";
import { nativeSlices, readyAddresses } from "./contribution.ts";
import { renamePorts } from "./ports.ts";
import type { ClusterView } from "./snapshot.ts";
import { familiesOf, isReady } from "./usable.ts";

/** The desired copies in `service`'s cluster of the slices that `source` contributes. */
export function desiredCopies(
  service: Service,
  source: ClusterView,
  slices: readonly EndpointSlice[],
): EndpointSlice[] {
  const allowed = source.podCIDRs.length ? compileRanges(source.podCIDRs) : undefined;
  const ready = readyAddresses(slices);
  return slices
    .filter((slice) => isOfUse(slice, service))
    .map((slice) => {
      const endpoints = (slice.endpoints ?? [])
        .filter((endpoint) => endpoint.addresses.every((address) => isAllowedAddress(address, allowed)))
        .map((endpoint) => peerEndpoint(endpoint, ready));
      return copyOf(
        service,
        source.name,
        { ...slice, ports: renamePorts(slice.ports ?? [], source.service, service) },
        endpoints,
      );
    });
}

/**
 * The desired copies of the own shadow's slices in its own cluster. `nodeName` and `targetRef` stay: the pods are local,
 * and kube-proxy and network policies need to know that.
 */
export function desiredOwnCopies(service: Service, own: ClusterView): EndpointSlice[] {
  return nativeSlices(own.shadowSlices)
    .filter((slice) => isOfUse(slice, service))
    .map((slice) => copyOf(service, own.name, slice, (slice.endpoints ?? []).map(ownEndpoint)));
}

/** A copy of another address family would never be used; names instead of addresses are not ours to resolve. */
function isOfUse(slice: EndpointSlice, service: Service): boolean {
  return slice.addressType !== "FQDN" && familiesOf(service)?.includes(slice.addressType) !== false;
}

function copyOf(service: Service, cluster: string, slice: EndpointSlice, endpoints: Endpoint[]): EndpointSlice {
  const headless = service.spec.clusterIP === "None";
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: copyName(service.metadata.name, cluster, slice.metadata.name),
      ...(service.metadata.namespace === undefined ? {} : { namespace: service.metadata.namespace }),
      labels: {
        [SERVICE_NAME]: service.metadata.name,
        [MANAGED_BY]: OUR_MANAGER,
        [SOURCE_CLUSTER]: cluster,
        ...(headless ? { [HEADLESS]: "" } : {}),
      },
      ownerReferences: [
        {
          apiVersion: "v1",
          kind: "Service",
          name: service.metadata.name,
          uid: service.metadata.uid ?? "",
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    addressType: slice.addressType,
    endpoints,
    ports: slice.ports ?? [],
  };
}

/**
 * An endpoint as a peer's: `nodeName`, `targetRef` and hints name things of the other cluster. An address that another
 * slice of the same contribution has ready is ready here too: kube-proxy picks arbitrarily among unequal twins.
 */
function peerEndpoint(endpoint: Endpoint, ready: ReadonlySet<string>): Endpoint {
  const { addresses, conditions, hostname, zone } = endpoint;
  const readyElsewhere = !isReady(endpoint) && addresses.every((address) => ready.has(address));
  return {
    addresses,
    ...(readyElsewhere ? { conditions: { ready: true } } : conditions ? { conditions } : {}),
    ...(hostname === undefined ? {} : { hostname }),
    ...(zone === undefined ? {} : { zone }),
  };
}

function ownEndpoint(endpoint: Endpoint): Endpoint {
  const { hints: _hints, ...kept } = endpoint;
  return kept;
}

/** The source cluster a copy names, undefined if it is none of ours. */
export function sourceOf(slice: EndpointSlice): string | undefined {
  return label(slice, MANAGED_BY) === OUR_MANAGER ? label(slice, SOURCE_CLUSTER) : undefined;
}

/** True if the existing copy says all that the desired one does; only fields we own are compared. */
export function equalCopies(existing: EndpointSlice, desired: EndpointSlice): boolean {
  return (
    existing.addressType === desired.addressType &&
    equalMaps(pick(existing), pick(desired)) &&
    existing.metadata.ownerReferences?.[0]?.uid === desired.metadata.ownerReferences?.[0]?.uid &&
    JSON.stringify(canonicalPorts(existing)) === JSON.stringify(canonicalPorts(desired)) &&
    JSON.stringify(canonicalEndpoints(existing)) === JSON.stringify(canonicalEndpoints(desired))
  );
}

function pick(slice: EndpointSlice): Record<string, string> {
  const labels = slice.metadata.labels ?? {};
  const keys = [SERVICE_NAME, MANAGED_BY, SOURCE_CLUSTER, HEADLESS];
  return Object.fromEntries(keys.filter((key) => Object.hasOwn(labels, key)).map((key) => [key, labels[key] ?? ""]));
}

/** True if both maps hold the same keys and values. */
export function equalMaps(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key]);
}

function canonicalPorts(slice: EndpointSlice): unknown[] {
  return (slice.ports ?? [])
    .map((port) => [port.name ?? "", port.protocol ?? "TCP", port.port ?? null, port.appProtocol ?? ""])
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Endpoints as ordered tuples, nil conditions as the API reads them, sorted by address: order has no meaning. */
function canonicalEndpoints(slice: EndpointSlice): unknown[] {
  return (slice.endpoints ?? [])
    .map((endpoint) => [
      endpoint.addresses,
      endpoint.conditions?.ready ?? true,
      endpoint.conditions?.serving ?? null,
      endpoint.conditions?.terminating ?? null,
      endpoint.hostname ?? "",
      endpoint.zone ?? "",
      endpoint.nodeName ?? "",
      endpoint.targetRef?.uid ?? "",
    ])
    .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
}
