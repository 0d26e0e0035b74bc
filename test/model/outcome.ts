/** What a cluster holds of a Service at rest, without what differs between two runs: versions, uids, times, names of slices. */
import { parseIntent } from "../../shared/intent.ts";
import {
  CONDITION_IN_SYNC,
  INTENT,
  MANAGED_BY,
  MIRRORING_MANAGER,
  MODE,
  NATIVE_MANAGER,
  ORIGIN_SELECTOR,
  OUR_MANAGER,
  REPLICA_OF,
  SELECTOR,
  SERVICE_NAME,
  SHADOW_OF,
  SKIP_MIRROR,
  SOURCE_CLUSTER,
} from "../../shared/keys.ts";
import { annotation, type EndpointSlice, type Endpoints, label, type Service } from "../../shared/kube/objects.ts";

/** Everything of one Service in one cluster, wherever it is from. */
export interface ClusterObjects {
  /** Services of the namespace. */
  services: readonly Service[];
  /** Slices of the namespace. */
  slices: readonly EndpointSlice[];
  endpoints: Endpoints | undefined;
  /** Reason of the condition; undefined: read it off the Service. */
  reason?: string | undefined;
}

/** Plain data; two of them are the same outcome if their JSON is. Lists are sorted, null means that there is none. */
export interface Outcome {
  service: object | null;
  reason: string | null;
  shadow: object | null;
  native: string[] | null;
  shadowNative: string[] | null;
  mirrored: string[] | null;
  copies: Record<string, string[]>;
  endpoints: { ready: string[]; skipMirror: boolean } | null;
}

/** The outcome for the Service of this name in a cluster. */
export function outcomeOf(name: string, { services, slices, endpoints, reason }: ClusterObjects): Outcome {
  const service = services.find((one) => one.metadata.name === name);
  const shadow = services.find((one) => label(one, SHADOW_OF) === name);
  // What belongs to a Service that is gone is garbage, and collected some time.
  const of = (owner: Service | undefined, manager: string) =>
    slices.filter(
      (one) => owner && label(one, SERVICE_NAME) === owner.metadata.name && label(one, MANAGED_BY) === manager,
    );
  const copies = of(service, OUR_MANAGER);
  const sources = [...new Set(copies.map((one) => label(one, SOURCE_CLUSTER) ?? ""))].sort();
  const from = (source: string) => copies.filter((one) => label(one, SOURCE_CLUSTER) === source);
  return {
    service: service ? outlineService(service) : null,
    reason: service ? (reason ?? reasonOf(service)) : null,
    shadow: shadow ? { selector: selectorOf(shadow) } : null,
    native: addressesOf(of(service, NATIVE_MANAGER)),
    shadowNative: addressesOf(of(shadow, NATIVE_MANAGER)),
    mirrored: addressesOf(of(service, MIRRORING_MANAGER)),
    copies: Object.fromEntries(sources.map((source) => [source, addressesOf(from(source)) ?? []])),
    endpoints: service && endpoints ? outlineEndpoints(endpoints) : null,
  };
}

function outlineService(service: Service): object {
  const intent = parseIntent(annotation(service, INTENT));
  return {
    selector: selectorOf(service),
    mode: annotation(service, MODE) ?? null,
    intent: intent ? { mode: intent.mode, at: intent.at, from: intent.from ?? null, adopt: intent.adopt ?? [] } : null,
    own: JSON.parse(annotation(service, SELECTOR) ?? "null"),
    origin: JSON.parse(annotation(service, ORIGIN_SELECTOR) ?? "null"),
    replicaOf: label(service, REPLICA_OF) ?? null,
    ports: (service.spec.ports ?? []).map(({ port }) => port),
  };
}

function selectorOf({ spec }: Service): Record<string, string> | null {
  return Object.keys(spec.selector ?? {}).length ? (spec.selector ?? null) : null;
}

function reasonOf({ status }: Service): string | null {
  return status?.conditions?.find(({ type }) => type === CONDITION_IN_SYNC)?.reason ?? null;
}

function addressesOf(slices: readonly EndpointSlice[]): string[] | null {
  if (slices.length === 0) return null;
  const endpoints = slices.flatMap((slice) => slice.endpoints ?? []);
  const said = endpoints.flatMap(({ addresses, conditions }) =>
    addresses.map(
      (ip) => `${ip}${(conditions?.ready ?? true) ? "" : " unready"}${conditions?.terminating ? " terminating" : ""}`,
    ),
  );
  return [...new Set(said)].sort();
}

/** Of those that are not ready the model keeps no list. */
function outlineEndpoints(object: Endpoints): Outcome["endpoints"] {
  const ready = (object.subsets ?? []).flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip));
  return { ready: [...new Set(ready)].sort(), skipMirror: label(object, SKIP_MIRROR) === "true" };
}
