/** One cluster of the model: what its API server stores, and the rules by which it accepts writes. */
import type { EndpointSlice, Endpoints, KubeObject, Service } from "../../shared/kube/objects.ts";
import type { Write } from "../../shared/protocol/write.ts";
import { hasSelector } from "../../shared/selector.ts";

export interface Pod {
  ip: string;
  labels: Record<string, string>;
  ready: boolean;
  terminating?: boolean;
  hostname?: string;
}

/** Numbers shared by all clusters of a world: versions and uids are never used twice. */
export interface Counters {
  version: number;
  uid: number;
  /** Milliseconds since 1970. */
  now: number;
}

export class Cluster {
  readonly name: string;
  readonly services = new Map<string, Service>();
  readonly slices = new Map<string, EndpointSlice>();
  readonly endpoints = new Map<string, Endpoints>();
  readonly pods = new Map<string, Pod>();
  reachable = true;
  /** Its sync process leaves the namespace out. */
  idle = false;
  /** Clusters that an operator of this one said are gone for good. */
  readonly forgotten = new Set<string>();
  /** What was known of clusters this one is cut off from, by name. */
  readonly lastKnown = new Map<string, { services: Service[]; slices: EndpointSlice[] }>();
  since = new Map<string, number>();
  /** What this cluster's watches have shown of each cluster, by kind; empty where views do not lag. */
  readonly seen = new Map<string, { services: Service[]; slices: EndpointSlice[] }>();
  readonly #counters: Counters;

  constructor(name: string, counters: Counters) {
    this.name = name;
    this.#counters = counters;
  }

  /** Stores the object as an API server does: fresh version, uid kept or new. */
  store<T extends KubeObject>(map: Map<string, T>, object: T): void {
    const copy = structuredClone(object);
    const existing = map.get(copy.metadata.name);
    this.#counters.version += 1;
    copy.metadata.resourceVersion = String(this.#counters.version);
    copy.metadata.uid = existing?.metadata.uid ?? `uid-${++this.#counters.uid}`;
    copy.metadata.creationTimestamp ??= new Date(this.#counters.now).toISOString();
    map.set(copy.metadata.name, copy);
  }

  /** Stores the object unless the existing one says the same: a controller that has nothing to do writes nothing. */
  storeIfChanged<T extends KubeObject>(map: Map<string, T>, object: T): boolean {
    const existing = map.get(object.metadata.name);
    if (existing && JSON.stringify(essence(existing)) === JSON.stringify(essence(object))) return false;
    this.store(map, object);
    return true;
  }

  createService(service: Service): void {
    const body = structuredClone(service);
    body.spec.clusterIP ??= "172.20.0.1";
    setFamilies(body);
    this.store(this.services, body);
  }

  /** A JSON merge patch of a Service, without precondition: what `kubectl annotate` amounts to. */
  patchService(service: Service, patch: Record<string, unknown>): void {
    this.store(this.services, merge(service, patch) as Service);
  }

  /** Makes one write of a plan; false if its precondition fails. */
  perform(write: Write): boolean {
    const map = this.kind(write.resource);
    const found = map.get(write.name);
    switch (write.verb) {
      case "create":
        if (found) return false;
        if (write.resource === "services") this.createService(write.body as Service);
        else this.store(map, write.body);
        return true;
      case "update":
        if (found?.metadata.resourceVersion !== write.body.metadata.resourceVersion) return false;
        this.store(map, write.body);
        return true;
      case "patch": {
        const expected = (write.patch["metadata"] as { resourceVersion?: string } | undefined)?.resourceVersion;
        if (!found || found.metadata.resourceVersion !== expected) return false;
        return this.#patchIfLegal(found as Service, write.patch);
      }
      case "delete":
        return found ? removeExactly(map, found, write.uid, write.resourceVersion) : true;
    }
  }

  #patchIfLegal(service: Service, patch: Record<string, unknown>): boolean {
    const merged = merge(service, patch) as Service;
    if (hasSelector(merged) && merged.spec.ipFamilyPolicy === "RequireDualStack") return false;
    this.patchService(service, patch);
    return true;
  }

  kind(resource: Write["resource"]): Map<string, KubeObject> {
    return this[resource === "endpointslices" ? "slices" : resource] as Map<string, KubeObject>;
  }
}

/** A cluster of one family. A headless Service without a selector may have two all the same, and does if nobody said anything. */
function setFamilies(service: Service): void {
  const { spec } = service;
  spec.ipFamilyPolicy ??= spec.clusterIP === "None" && !hasSelector(service) ? "RequireDualStack" : "SingleStack";
  spec.ipFamilies ??= spec.ipFamilyPolicy === "RequireDualStack" ? ["IPv4", "IPv6"] : ["IPv4"];
}

function removeExactly(map: Map<string, KubeObject>, found: KubeObject, uid: string, version?: string): boolean {
  if (found.metadata.uid !== uid) return false;
  if (version !== undefined && found.metadata.resourceVersion !== version) return false;
  return map.delete(found.metadata.name);
}

function essence(object: KubeObject): unknown {
  const { metadata, ...rest } = object;
  return [metadata.labels, metadata.ownerReferences, rest];
}

/** RFC 7386, as the API server merges. */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return structuredClone(patch);
  const base = typeof target === "object" && target !== null && !Array.isArray(target) ? target : {};
  const result: Record<string, unknown> = structuredClone(base) as Record<string, unknown>;
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}
