/** Step: the Endpoints object of a Service without selector, kept for readers of the older API. Always after the slices. */

import { CONDITION_IN_SYNC, HEADLESS, OVER_CAPACITY, SKIP_MIRROR } from "../../keys.ts";
import {
  type Endpoint,
  type EndpointAddress,
  type EndpointPort,
  type EndpointSlice,
  type EndpointSubset,
  type Endpoints,
  label,
  type Service,
} from "../../kube/objects.ts";
import { Recent } from "../../recent.ts";
import type { Context } from "../context.ts";
import { equalMaps, isAlikeList, isSamePort } from "../copies.ts";
import { ownView, type Snapshot } from "../snapshot.ts";
import { familiesOf, isReady } from "../usable.ts";
import { NOTHING, removeObject, type Step, writing } from "../write.ts";
import { isReleasedFromNative } from "./frozen.ts";

/** Kubernetes truncates an Endpoints object at this many addresses (since 1.22, KEP-752). */
export const MAX_ADDRESSES = 1000;

/** Slices that stay as they are for so long are taken to be done changing. */
export const QUIET_MS = 1_000;
/** Slices that never stay so long as they are must not keep readers of the older API waiting for ever. */
export const LONGEST_WAIT_MS = 20_000;

/**
 * Milliseconds until the Endpoints of a Service in sync follow its copies, which may be about to change: one object of up
 * to 1000 addresses for many changes of few. 0 if they follow at once: who is told "in sync" finds them right.
 */
export function endpointsWaitMs(snapshot: Snapshot, changing = false): number {
  const { service, endpoints } = ownView(snapshot);
  const { now } = snapshot;
  const written = changing ? { first: now, ...snapshot.copiesWritten, last: now } : snapshot.copiesWritten;
  if (!written || !service || !endpoints || label(endpoints, SKIP_MIRROR) !== "true") return 0;
  const shown = service.status?.conditions?.find(({ type }) => type === CONDITION_IN_SYNC);
  if (shown?.status !== "True") return 0;
  return Math.max(0, Math.min(written.last + QUIET_MS, written.first + LONGEST_WAIT_MS) - now);
}

/**
 * Writes the Endpoints that the wanted copies amount to, or removes them where they are switched off. `changing`: this plan
 * writes slices.
 */
export function stepEndpoints(context: Context, copies: readonly EndpointSlice[], changing: boolean): Step {
  const { own, service, snapshot } = context;
  if (!isReleasedFromNative(context)) return NOTHING;
  const waitMs = endpointsWaitMs(snapshot, changing);
  if (waitMs > 0) return { ...NOTHING, recheckMs: waitMs };
  const existing = own.endpoints;
  if (snapshot.settings.endpoints === "off") {
    const extra = { live: true, unchanged: true } as const;
    return existing ? writing(removeObject("endpoints", existing, "Endpoints are switched off", extra)) : NOTHING;
  }
  if (existing && isKnownEqual(existing, service, copies)) return NOTHING;
  const desired = desiredEndpoints(service, copies);
  const common = { resource: "endpoints", name: desired.metadata.name, reason: "follows the copies" } as const;
  if (!existing) return writing({ ...common, verb: "create", body: desired });
  if (equalEndpoints(existing, desired)) {
    comparisons.set(existing, { service, copies });
    return NOTHING;
  }
  const { resourceVersion } = existing.metadata;
  const metadata = { ...desired.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  return writing({ ...common, verb: "update", body: { ...desired, metadata } });
}

/**
 * The Endpoints of the given copies in the Service's first address family, with `skip-mirror` so that Kubernetes does not
 * copy them into yet another slice. Truncated as Kubernetes does: ready addresses first.
 */
export function desiredEndpoints(service: Service, copies: readonly EndpointSlice[]): Endpoints {
  const family = familiesOf(service)?.[0] ?? "IPv4";
  const subsets = new Map<string, Subset>();
  const budget = { left: MAX_ADDRESSES, over: false };
  for (const wantReady of [true, false]) {
    for (const slice of copies.filter((copy) => copy.addressType === family)) {
      collect(slice, wantReady, subsets, budget);
    }
  }
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: {
      name: service.metadata.name,
      namespace: service.metadata.namespace ?? "",
      labels: { [SKIP_MIRROR]: "true", ...(service.spec.clusterIP === "None" ? { [HEADLESS]: "" } : {}) },
      ...(budget.over ? { annotations: { [OVER_CAPACITY]: "truncated" } } : {}),
    },
    subsets: [...subsets.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, subset]) => toSubset(subset)),
  };
}

type Entries = Map<string, EndpointAddress>;

interface Subset {
  ports: EndpointPort[];
  ready: Entries;
  notReady: Entries;
}

function collect(
  slice: EndpointSlice,
  wantReady: boolean,
  subsets: Map<string, Subset>,
  budget: { left: number; over: boolean },
): void {
  const ports = (slice.ports ?? []).map(plainPort).sort((a, b) => ((a.name ?? "") < (b.name ?? "") ? -1 : 1));
  const key = JSON.stringify(ports);
  const subset = subsets.get(key) ?? { ports, ready: new Map(), notReady: new Map() };
  for (const endpoint of slice.endpoints ?? []) {
    const ip = endpoint.addresses[0];
    if (!ip || !isListed(endpoint, wantReady) || subset.ready.has(ip) || subset.notReady.has(ip)) continue;
    budget.over ||= budget.left === 0;
    if (budget.over) return;
    budget.left -= 1;
    const { hostname } = endpoint;
    (wantReady ? subset.ready : subset.notReady).set(ip, hostname === undefined ? { ip } : { ip, hostname });
    subsets.set(key, subset);
  }
}

/** Among the ready or the unready addresses; a terminating endpoint is no address at all in the older API. */
function isListed(endpoint: Endpoint, asReady: boolean): boolean {
  return isReady(endpoint) === asReady && (asReady || !endpoint.conditions?.terminating);
}

/** Its fields in the order that the API server answers in. */
function plainPort(port: EndpointPort): EndpointPort {
  return {
    ...(port.name ? { name: port.name } : {}),
    ...(port.port == null ? {} : { port: port.port }),
    protocol: port.protocol ?? "TCP",
    ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}),
  };
}

function toSubset(subset: Subset): EndpointSubset {
  const sorted = (entries: Entries) => [...entries.values()].sort((a, b) => (a.ip < b.ip ? -1 : 1));
  return {
    ...(subset.ready.size ? { addresses: sorted(subset.ready) } : {}),
    ...(subset.notReady.size ? { notReadyAddresses: sorted(subset.notReady) } : {}),
    ports: subset.ports,
  };
}

/** Objects whose last comparison is kept. */
const KEPT = 500;

/** With what an Endpoints object was found to agree: most passes compare the very same objects again. */
const comparisons = new Recent<Endpoints, { service: Service; copies: readonly EndpointSlice[] }>(KEPT);

function isKnownEqual(existing: Endpoints, service: Service, copies: readonly EndpointSlice[]): boolean {
  const last = comparisons.get(existing);
  if (!last || last.service !== service || last.copies.length !== copies.length) return false;
  return last.copies.every((copy, i) => copy === copies[i]);
}

/** True if the existing Endpoints say what the desired ones do. */
function equalEndpoints(existing: Endpoints, desired: Endpoints): boolean {
  const labels = existing.metadata.labels ?? {};
  return (
    equalMaps(labels, desired.metadata.labels ?? {}) &&
    existing.metadata.annotations?.[OVER_CAPACITY] === desired.metadata.annotations?.[OVER_CAPACITY] &&
    // Nearly all that say the same do so in the same order; sorting takes longer.
    (isAlikeList(existing.subsets ?? [], desired.subsets ?? [], isAlikeSubset) ||
      canonical(existing) === canonical(desired))
  );
}

function isAlikeSubset(a: EndpointSubset, b: EndpointSubset): boolean {
  return (
    isAlikeList(a.addresses ?? [], b.addresses ?? [], isSameAddress) &&
    isAlikeList(a.notReadyAddresses ?? [], b.notReadyAddresses ?? [], isSameAddress) &&
    isAlikeList(a.ports ?? [], b.ports ?? [], isSamePort)
  );
}

function isSameAddress(a: EndpointAddress, b: EndpointAddress): boolean {
  return a.ip === b.ip && a.hostname === b.hostname;
}

/** The API server orders subsets by itself: compared as a set of lines. */
function canonical(endpoints: Endpoints): string {
  const lines = (endpoints.subsets ?? []).map((subset) =>
    JSON.stringify([
      (subset.addresses ?? []).map((address) => [address.ip, address.hostname ?? ""]).sort(),
      (subset.notReadyAddresses ?? []).map((address) => [address.ip, address.hostname ?? ""]).sort(),
      (subset.ports ?? []).map((port) => [port.name ?? "", port.protocol ?? "TCP", port.port, port.appProtocol]).sort(),
    ]),
  );
  return lines.sort().join("\n");
}
