/** Copies: the slices we write, one for each source slice, and how desired and existing ones are told apart. */

import { compileRanges, isAllowedAddress } from "../address.ts";
import { HEADLESS, MANAGED_BY, OUR_MANAGER, SERVICE_NAME, SOURCE_CLUSTER } from "../keys.ts";
import { type Endpoint, type EndpointPort, type EndpointSlice, label, type Service } from "../kube/objects.ts";
import { copyName } from "../names.ts";
import { Recent } from "../recent.ts";
import { nativeSlices, readyAddresses } from "./contribution.ts";
import { renamePorts } from "./ports.ts";
import type { ClusterView } from "./snapshot.ts";
import { familiesOf, isReady } from "./usable.ts";

/**
 * The desired copies in `service`'s cluster of the slices that `source` contributes. A slice without unready endpoints is
 * copied once for as long as it stays what it is: most passes over a Service find most of its slices unchanged.
 */
export function desiredCopies(
  service: Service,
  source: ClusterView,
  slices: readonly EndpointSlice[],
): EndpointSlice[] {
  const used = slices.filter((slice) => isOfUse(slice, service));
  const ready = used.every(isAllReady) ? NONE : readyAddresses(slices);
  return used.map((slice) => {
    if (!isAllReady(slice)) return copyFromPeer(service, source, slice, ready);
    const kept = copiesMade.get(slice);
    if (kept?.service === service && kept.origin === source.service && kept.podCIDRs === source.podCIDRs)
      return kept.copy;
    const copy = copyFromPeer(service, source, slice, NONE);
    copiesMade.set(slice, { service, origin: source.service, podCIDRs: source.podCIDRs, copy });
    return copy;
  });
}

const NONE: ReadonlySet<string> = new Set();

/** Slices whose copies and texts are kept: enough for what changes at the same time, and no second cluster in memory. */
const KEPT = 500;

/** The copy made last of a source slice, and all else it was made from. */
const copiesMade = new Recent<EndpointSlice, Copied>(KEPT);

interface Copied {
  service: Service;
  origin: Service | undefined;
  podCIDRs: readonly string[];
  copy: EndpointSlice;
}

function isAllReady(slice: EndpointSlice): boolean {
  return (slice.endpoints ?? []).every(isReady);
}

function copyFromPeer(
  service: Service,
  source: ClusterView,
  slice: EndpointSlice,
  ready: ReadonlySet<string>,
): EndpointSlice {
  const allowed = source.podCIDRs.length ? compileRanges(source.podCIDRs) : undefined;
  const endpoints = (slice.endpoints ?? [])
    .filter((endpoint) => endpoint.addresses.every((address) => isAllowedAddress(address, allowed)))
    .map((endpoint) => peerEndpoint(endpoint, ready));
  const ports = renamePorts(slice.ports ?? [], source.service, service);
  return copyOf(service, source.name, { ...slice, ports }, endpoints);
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
    OUR_LABELS.every((key) => label(existing, key) === label(desired, key)) &&
    existing.metadata.ownerReferences?.[0]?.uid === desired.metadata.ownerReferences?.[0]?.uid &&
    (isAlike(existing, desired) || contentOf(existing) === contentOf(desired))
  );
}

const OUR_LABELS = [SERVICE_NAME, MANAGED_BY, SOURCE_CLUSTER, HEADLESS];

/** The same in the same order, as nearly all are that say the same: found out in a fraction of the time that sorting takes. */
function isAlike(a: EndpointSlice, b: EndpointSlice): boolean {
  return (
    isAlikeList(a.ports ?? [], b.ports ?? [], isSamePort) &&
    isAlikeList(a.endpoints ?? [], b.endpoints ?? [], isSameEndpoint)
  );
}

/** True if both lists are of one length and `isSame` finds each item equal to its counterpart. */
export function isAlikeList<T>(a: readonly T[], b: readonly T[], isSame: (a: T, b: T) => boolean): boolean {
  return a.length === b.length && a.every((item, i) => isSame(item, b[i] as T));
}

/** True if both say the same in the same words. */
export function isSamePort(a: EndpointPort, b: EndpointPort): boolean {
  return a.name === b.name && a.protocol === b.protocol && a.port === b.port && a.appProtocol === b.appProtocol;
}

function isSameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return (
    isAlikeList(a.addresses, b.addresses, Object.is) &&
    a.conditions?.ready === b.conditions?.ready &&
    a.conditions?.serving === b.conditions?.serving &&
    a.conditions?.terminating === b.conditions?.terminating &&
    a.hostname === b.hostname &&
    a.zone === b.zone &&
    a.nodeName === b.nodeName &&
    a.targetRef?.uid === b.targetRef?.uid
  );
}

/** True if both maps hold the same keys and values. */
export function equalMaps(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key]);
}

const contents = new Recent<EndpointSlice, string>(KEPT);

/** Ports and endpoints as one text, the same for all orders of either; worked out once for each object. */
function contentOf(slice: EndpointSlice): string {
  const known = contents.get(slice);
  if (known !== undefined) return known;
  const text = [...canonicalPorts(slice), "", ...canonicalEndpoints(slice)].join("\n");
  contents.set(slice, text);
  return text;
}

function canonicalPorts(slice: EndpointSlice): string[] {
  return (slice.ports ?? [])
    .map((port) => JSON.stringify([port.name ?? "", port.protocol ?? "TCP", port.port ?? null, port.appProtocol ?? ""]))
    .sort();
}

/** Endpoints as lines, nil conditions as the API reads them, sorted: order has no meaning. */
function canonicalEndpoints(slice: EndpointSlice): string[] {
  return (slice.endpoints ?? [])
    .map(({ addresses, conditions, hostname, zone, nodeName, targetRef }) =>
      JSON.stringify([
        addresses,
        conditions?.ready ?? true,
        conditions?.serving ?? null,
        conditions?.terminating ?? null,
        hostname ?? "",
        zone ?? "",
        nodeName ?? "",
        targetRef?.uid ?? "",
      ]),
    )
    .sort();
}
