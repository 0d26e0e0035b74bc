/**
 * A small model of what surrounds the protocol: API servers, the native endpoint controllers, garbage collection and
 * kube-proxy, as DESIGN's facts describe them (docs/protocol.md, "What Kubernetes does"). The protocol core is the real one.
 */

import {
  MANAGED_BY,
  MIRRORING_MANAGER,
  MODE,
  NATIVE_MANAGER,
  SERVICE_NAME,
  SHADOW_OF,
  SKIP_MIRROR,
} from "../../shared/keys.ts";
import { type EndpointSlice, type Endpoints, type KubeObject, label, type Service } from "../../shared/kube/objects.ts";
import { type Plan, planService } from "../../shared/protocol/plan.ts";
import type { ClusterView, Settings, Snapshot } from "../../shared/protocol/snapshot.ts";
import type { Write } from "../../shared/protocol/write.ts";
import { hasSelector } from "../../shared/selector.ts";

export interface Pod {
  ip: string;
  labels: Record<string, string>;
  ready: boolean;
  terminating?: boolean;
}

export class Cluster {
  readonly name: string;
  services = new Map<string, Service>();
  slices = new Map<string, EndpointSlice>();
  endpoints = new Map<string, Endpoints>();
  pods = new Map<string, Pod>();
  reachable = true;
  since = new Map<string, number>();
  /** What this cluster's watches have shown of each cluster, by kind; empty where views do not lag. */
  readonly seen = new Map<string, { services: Service[]; slices: EndpointSlice[] }>();

  constructor(name: string) {
    this.name = name;
  }
}

const NAMESPACE = "shop";

export class World {
  readonly clusters: Map<string, Cluster>;
  readonly settings: Settings = { unionSelector: "strip", endpoints: "mirror" };
  /** One line for every write, in order. */
  readonly log: string[] = [];
  now = 1_700_000_000_000;
  /** Pods made so far: their addresses are numbered by it. */
  podsMade = 0;
  key = { namespace: NAMESPACE, name: "web" };
  /** Watches show only what `observe` brought; otherwise everything at once. */
  lagging = false;
  /** Called instead of each write of a sync process, which it makes by calling `perform`. */
  aroundWrite: ((write: Write, perform: () => boolean) => boolean) | undefined;
  /** Called after every change of any object. */
  onChange: (() => void) | undefined;
  #version = 0;
  #uid = 0;

  constructor(...names: string[]) {
    this.clusters = new Map(names.map((name) => [name, new Cluster(name)]));
  }

  cluster(name: string): Cluster {
    const cluster = this.clusters.get(name);
    if (!cluster) throw new Error(`no cluster ${name}`);
    return cluster;
  }

  /** The object as an API server stores it: fresh version, uid kept. */
  #store<T extends KubeObject>(map: Map<string, T>, object: T): T {
    const copy = structuredClone(object);
    const existing = map.get(copy.metadata.name);
    copy.metadata.resourceVersion = String(++this.#version);
    copy.metadata.uid = existing?.metadata.uid ?? `uid-${++this.#uid}`;
    copy.metadata.creationTimestamp ??= new Date(this.now).toISOString();
    map.set(copy.metadata.name, copy);
    this.onChange?.();
    return copy;
  }

  createService(name: string, service: Service): void {
    const { services } = this.cluster(name);
    const body = structuredClone(service);
    body.spec.clusterIP ??= "172.20.0.1";
    this.#store(services, body);
  }

  /** A user's `kubectl annotate`; null removes. The time of the mode is kept as managedFields does, in whole seconds. */
  annotate(name: string, values: Record<string, string | null>, service = this.key.name): void {
    const cluster = this.cluster(name);
    const found = cluster.services.get(service);
    if (!found) throw new Error(`${name} has no Service ${service}`);
    const time = new Date(Math.floor(this.now / 1000) * 1000).toISOString();
    const fieldsV1 = { "f:metadata": { "f:annotations": { [`f:${MODE}`]: {} } } };
    const managedFields = [{ manager: "kubectl", operation: "Update", time, fieldsV1 }];
    const stamp = Object.hasOwn(values, MODE) ? { managedFields } : {};
    this.#patch(cluster, found, { metadata: { annotations: values, ...stamp } });
  }

  #patch(cluster: Cluster, service: Service, patch: Record<string, unknown>): void {
    this.#store(cluster.services, merge(service, patch) as Service);
  }

  deleteService(name: string, service = this.key.name): void {
    this.cluster(name).services.delete(service);
    this.onChange?.();
  }

  /** The snapshot as the caches of `own` have it, or as fresh reads would give it. */
  snapshot(own: string, live = !this.lagging): Snapshot {
    const clusters = new Map([...this.clusters.values()].map((peer) => [peer.name, this.#view(own, peer, live)]));
    return { key: this.key, own, clusters, settings: this.settings, now: this.now, since: this.cluster(own).since };
  }

  /** The watch of one kind in `peer` brings `own` up to date. */
  observe(own: string, peer: string, kind: "services" | "slices"): void {
    const { seen } = this.cluster(own);
    const before = seen.get(peer) ?? { services: [], slices: [] };
    seen.set(peer, { ...before, [kind]: [...this.cluster(peer)[kind].values()] });
  }

  /** All watches of all clusters are up to date. */
  observeAll(): void {
    for (const own of this.clusters.keys()) {
      for (const peer of this.clusters.keys()) {
        this.observe(own, peer, "services");
        this.observe(own, peer, "slices");
      }
    }
  }

  #view(own: string, cluster: Cluster, live: boolean): ClusterView {
    const { name } = this.key;
    const seen = this.cluster(own).seen.get(cluster.name) ?? { services: [], slices: [] };
    const services = live ? [...cluster.services.values()] : seen.services;
    const slices = live ? [...cluster.slices.values()] : seen.slices;
    const service = services.find((candidate) => candidate.metadata.name === name);
    const shadow = services.find((candidate) => label(candidate, SHADOW_OF) === name);
    const owned = shadow?.metadata.ownerReferences?.[0]?.uid === service?.metadata.uid ? shadow : undefined;
    const of = (owner: string) => slices.filter((slice) => label(slice, SERVICE_NAME) === owner);
    const endpoints = cluster.name === own ? cluster.endpoints.get(name) : undefined;
    return {
      name: cluster.name,
      listed: cluster.reachable || cluster.name === own,
      namespace: true,
      ...(service ? { service } : {}),
      ...(owned ? { shadow: owned } : {}),
      slices: of(name),
      shadowSlices: owned ? of(owned.metadata.name) : [],
      ...(endpoints ? { endpoints } : {}),
      podCIDRs: [],
    };
  }

  /**
   * One pass of a cluster's sync process as the real reconciler makes it: plan from the caches; if a write asks for it, plan
   * again from fresh reads; then the first `most` writes, ending at a conflict. Own writes are seen at once (overlay).
   */
  reconcile(own: string, most = Number.POSITIVE_INFINITY): Plan {
    let plan = this.#plan(own, this.snapshot(own));
    if (plan.writes.some((write) => write.live)) plan = this.#plan(own, this.snapshot(own, true));
    for (const write of plan.writes.slice(0, most)) if (!this.apply(own, write)) break;
    return plan;
  }

  #plan(own: string, snapshot: Snapshot): Plan {
    const cluster = this.cluster(own);
    const plan = planService(deepFreeze(snapshot));
    cluster.since = new Map(plan.facts.map((fact) => [fact, cluster.since.get(fact) ?? this.now]));
    return plan;
  }

  /** Makes one write as an API server would; false if its precondition fails. */
  apply(own: string, write: Write): boolean {
    const cluster = this.cluster(own);
    const kind = write.resource === "endpointslices" ? "slices" : write.resource;
    const map = cluster[kind] as Map<string, KubeObject>;
    this.log.push(`${own}: ${write.verb} ${write.resource}/${write.name} (${write.reason})`);
    const perform = () => this.#perform(own, map, write);
    if (!(this.aroundWrite ? this.aroundWrite(write, perform) : perform())) {
      this.log.push(`${own}: conflict`);
      if (kind !== "endpoints") this.observe(own, own, kind);
      return false;
    }
    if (this.lagging && kind !== "endpoints") this.observe(own, own, kind);
    this.onChange?.();
    return true;
  }

  #perform(own: string, map: Map<string, KubeObject>, write: Write): boolean {
    const found = map.get(write.name);
    switch (write.verb) {
      case "create":
        if (found) return false;
        if (write.resource === "services") this.createService(own, write.body as Service);
        else this.#store(map, write.body);
        return true;
      case "update":
        if (!found || found.metadata.resourceVersion !== write.body.metadata.resourceVersion) return false;
        this.#store(map, write.body);
        return true;
      case "patch": {
        const expected = (write.patch["metadata"] as { resourceVersion?: string } | undefined)?.resourceVersion;
        if (!found || found.metadata.resourceVersion !== expected) return false;
        this.#patch(this.cluster(own), found as Service, write.patch);
        return true;
      }
      case "delete":
        if (!found) return true;
        if (found.metadata.uid !== write.uid) return false;
        if (write.resourceVersion !== undefined && found.metadata.resourceVersion !== write.resourceVersion)
          return false;
        return map.delete(write.name);
    }
  }

  /** The native controllers and garbage collection of one cluster, run until they have nothing to do. */
  runNative(name: string): boolean {
    const cluster = this.cluster(name);
    const before = this.#version;
    const removed = this.#collectGarbage(cluster);
    for (const service of cluster.services.values()) {
      if (hasSelector(service)) this.#writeNative(cluster, service);
    }
    return this.#mirror(cluster) || removed || this.#version !== before;
  }

  #collectGarbage(cluster: Cluster): boolean {
    const uids = new Set([...cluster.services.values()].map((service) => service.metadata.uid));
    let removed = false;
    for (const map of [cluster.services, cluster.slices] as Map<string, KubeObject>[]) {
      for (const object of [...map.values()]) {
        const owner = object.metadata.ownerReferences?.[0]?.uid;
        if (owner !== undefined && !uids.has(owner)) {
          map.delete(object.metadata.name);
          removed = true;
        }
      }
    }
    for (const name of [...cluster.endpoints.keys()]) {
      if (!cluster.services.has(name)) removed = cluster.endpoints.delete(name) || removed;
    }
    if (removed) this.onChange?.();
    return removed;
  }

  #writeNative(cluster: Cluster, service: Service): void {
    const { name, uid = "" } = service.metadata;
    const selector = Object.entries(service.spec.selector ?? {});
    const pods = [...cluster.pods.values()].filter((pod) =>
      selector.every(([key, value]) => pod.labels[key] === value),
    );
    const ports = (service.spec.ports ?? []).map((port) => ({ name: port.name ?? "", protocol: "TCP", port: 8080 }));
    const slice: EndpointSlice = {
      metadata: {
        name: `${name}-native`,
        namespace: NAMESPACE,
        labels: { [SERVICE_NAME]: name, [MANAGED_BY]: NATIVE_MANAGER },
        ownerReferences: [{ apiVersion: "v1", kind: "Service", name, uid }],
      },
      addressType: "IPv4",
      endpoints: pods.map((pod) => ({
        addresses: [pod.ip],
        conditions: { ready: pod.ready && !pod.terminating, serving: pod.ready, terminating: pod.terminating ?? false },
      })),
      ports,
    };
    storeIfChanged(cluster.slices, slice, (object) => this.#store(cluster.slices, object));
    const endpoints: Endpoints = {
      metadata: { name, namespace: NAMESPACE, labels: {} },
      subsets: [{ addresses: pods.filter((pod) => pod.ready).map((pod) => ({ ip: pod.ip })), ports }],
    };
    storeIfChanged(cluster.endpoints, endpoints, (object) => this.#store(cluster.endpoints, object));
  }

  /** The mirroring controller: an Endpoints of a Service without selector and without skip-mirror gets a slice. */
  #mirror(cluster: Cluster): boolean {
    let changed = false;
    for (const service of cluster.services.values()) {
      const { name, uid = "" } = service.metadata;
      const endpoints = cluster.endpoints.get(name);
      const wanted = endpoints && !hasSelector(service) && label(endpoints, SKIP_MIRROR) !== "true";
      const mirrored = `${name}-mirrored`;
      if (!wanted) changed = cluster.slices.delete(mirrored) || changed;
      else {
        const slice: EndpointSlice = {
          metadata: {
            name: mirrored,
            namespace: NAMESPACE,
            labels: { [SERVICE_NAME]: name, [MANAGED_BY]: MIRRORING_MANAGER },
            ownerReferences: [{ apiVersion: "v1", kind: "Service", name, uid }],
          },
          addressType: "IPv4",
          endpoints: (endpoints.subsets ?? []).flatMap((subset) =>
            (subset.addresses ?? []).map((address) => ({ addresses: [address.ip] })),
          ),
          ports: endpoints.subsets?.[0]?.ports ?? [],
        };
        storeIfChanged(cluster.slices, slice, (object) => this.#store(cluster.slices, object));
      }
    }
    if (changed) this.onChange?.();
    return changed;
  }

  /** Addresses kube-proxy would use for the Service: ready ones in any slice that carries its name. */
  served(name: string): string[] {
    const slices = [...this.cluster(name).slices.values()].filter(
      (slice) => label(slice, SERVICE_NAME) === this.key.name,
    );
    const exists = this.cluster(name).services.has(this.key.name);
    const ready = slices.flatMap((slice) =>
      (slice.endpoints ?? []).filter((endpoint) => endpoint.conditions?.ready ?? true).flatMap((e) => e.addresses),
    );
    return exists ? [...new Set(ready)].sort() : [];
  }

  /** Controllers and sync processes in turn, time passing where somebody waits for it, until nobody writes. Throws if that never is. */
  settle(rounds = 200): void {
    for (let round = 0; round < rounds; round++) {
      if (this.lagging) this.observeAll();
      let busy = false;
      let recheck: number | undefined;
      for (const name of this.clusters.keys()) {
        busy = this.runNative(name) || busy;
        const plan = this.reconcile(name);
        busy = plan.writes.length > 0 || busy;
        if (plan.recheckMs !== undefined) recheck = Math.min(recheck ?? plan.recheckMs, plan.recheckMs);
      }
      if (busy) continue;
      if (recheck === undefined) return;
      this.now += recheck;
    }
    throw new Error(`never at rest:\n${this.log.slice(-30).join("\n")}`);
  }
}

function storeIfChanged<T extends KubeObject>(map: Map<string, T>, object: T, store: (object: T) => void): void {
  const existing = map.get(object.metadata.name);
  if (existing && JSON.stringify(essence(existing)) === JSON.stringify(essence(object))) return;
  store(object);
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

/** A decision that changed its input would throw here. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map) for (const member of value.values()) deepFreeze(member);
  else for (const member of Object.values(value)) deepFreeze(member);
  return value instanceof Map ? value : Object.freeze(value);
}
