/**
 * EndpointSlices of servers below Kubernetes 1.21, which know `discovery.k8s.io/v1beta1` only. Both versions mean the same;
 * v1beta1 keeps node and zone in a `topology` map (conversion as in Kubernetes' pkg/apis/discovery/v1beta1/conversion.go).
 */

import type { Endpoint, EndpointSlice } from "./objects.ts";

export type DiscoveryVersion = "v1" | "v1beta1";

/** Path prefix of the version the rest of the code speaks. */
export const V1_PREFIX = "/apis/discovery.k8s.io/v1/";
/** Path prefix of the older version. */
export const V1BETA1_PREFIX = "/apis/discovery.k8s.io/v1beta1/";

const V1 = "discovery.k8s.io/v1";
const V1BETA1 = "discovery.k8s.io/v1beta1";
const HOSTNAME = "kubernetes.io/hostname";
const ZONE = "topology.kubernetes.io/zone";

/** An endpoint as v1beta1 sends it. `nodeName` exists from 1.20 on behind a gate. */
export interface BetaEndpoint extends Omit<Endpoint, "zone"> {
  topology?: Record<string, string>;
}

/** An endpoint of v1, with the map in which it keeps topology keys it has no field for. */
interface FullEndpoint extends Endpoint {
  deprecatedTopology?: Record<string, string>;
}

type Json = Record<string, unknown>;

/** The v1 form of a v1beta1 slice or of a part of one (a patch); input and unknown fields are left alone. */
export function sliceToV1(slice: Json): EndpointSlice {
  return convert(slice, V1BETA1, V1, endpointToV1) as unknown as EndpointSlice;
}

/** The v1beta1 form of a v1 slice or of a part of one (a patch); input and unknown fields are left alone. */
export function sliceToBeta(slice: object): Json {
  return convert(slice as Json, V1, V1BETA1, endpointToBeta);
}

/** The v1 form of a v1beta1 list. */
export function sliceListToV1(list: Json): Json {
  const items = Array.isArray(list["items"]) ? list["items"].map(sliceToV1) : list["items"];
  return { ...list, apiVersion: V1, items };
}

/**
 * The v1beta1 form of a JSON patch (RFC 6902). Operations may set all `endpoints`, or touch anything outside of them.
 * Throws an Error on a patch inside of an endpoint, whose fields have other places in v1beta1.
 */
export function jsonPatchToBeta(operations: readonly Json[]): Json[] {
  return operations.map((operation) => {
    const path = String(operation["path"]);
    if (path.startsWith("/endpoints/")) throw new Error(`JSON patch of ${path}: below Kubernetes 1.21 set /endpoints`);
    if (path !== "/endpoints" || !Array.isArray(operation["value"])) return operation;
    return { ...operation, value: operation["value"].map(endpointToBeta) };
  });
}

/** The version to use with a server whose group document (`/apis/discovery.k8s.io`) offers these; undefined for neither. */
export function chooseVersion(offered: readonly string[]): DiscoveryVersion | undefined {
  return (["v1", "v1beta1"] as const).find((version) => offered.includes(version));
}

function convert<E>(slice: Json, from: string, to: string, endpoint: (value: E) => unknown): Json {
  return {
    ...slice,
    ...(slice["apiVersion"] === from ? { apiVersion: to } : {}),
    ...(Array.isArray(slice["endpoints"]) ? { endpoints: slice["endpoints"].map(endpoint) } : {}),
  };
}

function endpointToV1(beta: BetaEndpoint): Endpoint {
  if (beta.topology === undefined) return beta;
  const { topology, ...endpoint } = beta;
  const rest = new Map(Object.entries(topology));
  const node = endpoint.nodeName ?? rest.get(HOSTNAME);
  const zone = rest.get(ZONE);
  if (node === rest.get(HOSTNAME)) rest.delete(HOSTNAME);
  rest.delete(ZONE);
  return {
    ...endpoint,
    ...(node === undefined ? {} : { nodeName: node }),
    ...(zone === undefined ? {} : { zone }),
    ...(rest.size === 0 ? {} : { deprecatedTopology: Object.fromEntries(rest) }),
  };
}

/** `nodeName` goes into the map alone: 1.17 to 1.19 do not know the field, 1.20 drops it unless a gate is on. */
function endpointToBeta({ nodeName, zone, deprecatedTopology, ...endpoint }: FullEndpoint): BetaEndpoint {
  const topology = {
    ...(nodeName === undefined ? {} : { [HOSTNAME]: nodeName }),
    ...(zone === undefined ? {} : { [ZONE]: zone }),
    ...deprecatedTopology,
  };
  return Object.keys(topology).length === 0 ? endpoint : { ...endpoint, topology };
}
