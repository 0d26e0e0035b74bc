/** What is kept in memory of the objects we watch: only what the protocol reads. */
import { LAST_APPLIED, MODE } from "../shared/keys.ts";
import type {
  Endpoint,
  EndpointConditions,
  EndpointSlice,
  Endpoints,
  KubeObject,
  ObjectMeta,
  Service,
} from "../shared/kube/objects.ts";
import { ownsMode } from "../shared/protocol/declaration.ts";
import { checkService } from "./shape.ts";

function trimMeta(metadata: ObjectMeta): ObjectMeta {
  const { name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp } = metadata;
  const { labels, annotations, ownerReferences } = metadata;
  const kept: ObjectMeta = { name };
  if (namespace !== undefined) kept.namespace = namespace;
  if (uid !== undefined) kept.uid = uid;
  if (resourceVersion !== undefined) kept.resourceVersion = resourceVersion;
  if (creationTimestamp !== undefined) kept.creationTimestamp = creationTimestamp;
  if (deletionTimestamp !== undefined) kept.deletionTimestamp = deletionTimestamp;
  if (labels !== undefined) kept.labels = labels;
  if (annotations !== undefined) kept.annotations = annotations;
  if (ownerReferences !== undefined) kept.ownerReferences = ownerReferences;
  return kept;
}

/** A Service without the bookkeeping; of managedFields only who wrote the mode, of the applied manifest only one with a mode. */
export function trimService(service: Service): Service {
  const metadata = trimMeta(service.metadata);
  const managedFields = service.metadata.managedFields
    ?.filter((entry) => ownsMode(entry.fieldsV1))
    .map((entry) => ({
      ...(entry.time === undefined ? {} : { time: entry.time }),
      ...(entry.manager === undefined ? {} : { manager: entry.manager }),
      ...(entry.operation === undefined ? {} : { operation: entry.operation }),
      fieldsV1: { "f:metadata": { "f:annotations": { [`f:${MODE}`]: {} } } },
    }));
  if (managedFields?.length) metadata.managedFields = managedFields;
  const applied = metadata.annotations?.[LAST_APPLIED];
  if (applied !== undefined && !applied.includes(MODE)) {
    const { [LAST_APPLIED]: _applied, ...kept } = metadata.annotations ?? {};
    metadata.annotations = kept;
  }
  const conditions = service.status?.conditions;
  return { metadata, spec: service.spec, ...(conditions ? { status: { conditions } } : {}) };
}

/** The same of a peer. Throws a TypeError on what cannot be read as a Service. */
export function trimPeerService(service: Service): Service {
  return trimService(checkService(service));
}

/** A slice without bookkeeping and annotations. */
export function trimSlice(slice: EndpointSlice): EndpointSlice {
  const { annotations: _annotations, ...metadata } = trimMeta(slice.metadata);
  const { addressType, endpoints, ports } = slice;
  return { metadata, addressType, endpoints: endpoints ?? [], ports: ports ?? [] };
}

/**
 * A slice of a peer as far as copies are made of it: `nodeName`, `targetRef` and hints name things of the other cluster.
 */
export function trimPeerSlice(slice: EndpointSlice): EndpointSlice {
  const trimmed = trimSlice(slice);
  return { ...trimmed, endpoints: (trimmed.endpoints ?? []).map(trimPeerEndpoint) };
}

function trimPeerEndpoint({ addresses, conditions, hostname, zone }: Endpoint): Endpoint {
  const kept: Endpoint = { addresses };
  if (conditions) kept.conditions = isPlainlyReady(conditions) ? READY : conditions;
  if (hostname !== undefined) kept.hostname = hostname;
  if (zone !== undefined) kept.zone = zone;
  return kept;
}

/** Nearly all endpoints say just this: kept once, not a hundred thousand times. */
const READY: EndpointConditions = Object.freeze({ ready: true });

function isPlainlyReady(conditions: EndpointConditions): boolean {
  return conditions.ready === true && Object.keys(conditions).length === 1;
}

/** Of a slice that takes no part: that it is there. */
export function stubSlice({ metadata, addressType }: EndpointSlice): EndpointSlice {
  return { metadata: stubMeta(metadata), addressType, endpoints: null };
}

/** Of an Endpoints object that takes no part: that it is there. */
export function stubEndpoints({ metadata }: Endpoints): Endpoints {
  return { metadata: stubMeta(metadata) };
}

function stubMeta(metadata: ObjectMeta): ObjectMeta {
  return trimMeta({ ...metadata, labels: {}, annotations: {}, ownerReferences: [] });
}

/** An Endpoints object without bookkeeping. */
export function trimEndpoints(endpoints: Endpoints): Endpoints {
  return { metadata: trimMeta(endpoints.metadata), subsets: endpoints.subsets ?? [] };
}

/** Name and deletion of a namespace. */
export function trimNamespace(namespace: KubeObject): KubeObject {
  return { metadata: trimMeta({ ...namespace.metadata, labels: {}, annotations: {} }) };
}
