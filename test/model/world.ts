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
  key = { namespace: NAMESPACE, name: "web" };
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
    this.#patch(cluster, found, { metadata: { annotations: values } });
    const stored = cluster.services.get(service);
    if (stored && Object.hasOwn(values, MODE)) {
      const time = new Date(Math.floor(this.now / 1000) * 1000).toISOString();
      const fieldsV1 = { "f:metadata": { "f:annotations": { [`f:${MODE}`]: {} } } };
      stored.metadata.managedFields = [{ manager: "kubectl", operation: "Update", time, fieldsV1 }];
    }
  }

  #patch(cluster: Cluster, service: Service, patch: Record<string, unknown>): void {
    this.#store(cluster.services, merge(service, patch) as Service);
  }

  deleteService(name: string, service = this.key.name): void {
    this.cluster(name).services.delete(service);
    this.onChange?.();
  }

  snapshot(own: string): Snapshot {
    const clusters = new Map([...this.clusters.values()].map((cluster) => [cluster.name, this.#view(own, cluster)]));
    return { key: this.key, own, clusters, settings: this.settings, now: this.now, since: this.cluster(own).since };
  }

  #view(own: string, cluster: Cluster): ClusterView {
    const { name } = this.key;
    const service = cluster.services.get(name);
    const shadow = [...cluster.services.values()].find((candidate) => label(candidate, SHADOW_OF) === name);
    const live = shadow?.metadata.ownerReferences?.[0]?.uid === service?.metadata.uid ? shadow : undefined;
    const of = (owner: string) => [...cluster.slices.values()].filter((slice) => label(slice, SERVICE_NAME) === owner);
    const endpoints = cluster.name === own ? cluster.endpoints.get(name) : undefined;
    return {
      name: cluster.name,
      listed: cluster.reachable || cluster.name === own,
      namespace: true,
      ...(service ? { service } : {}),
      ...(live ? { shadow: live } : {}),
      slices: of(name),
      shadowSlices: live ? of(live.metadata.name) : [],
      ...(endpoints ? { endpoints } : {}),
      podCIDRs: [],
    };
  }

  /** One pass of a cluster's sync process: plan, then the first `most` writes. Returns the plan. */
  reconcile(own: string, most = Number.POSITIVE_INFINITY): Plan {
    const cluster = this.cluster(own);
    const plan = planService(this.snapshot(own));
    cluster.since = new Map(plan.facts.map((fact) => [fact, cluster.since.get(fact) ?? this.now]));
    for (const write of plan.writes.slice(0, most)) this.apply(own, write);
    return plan;
  }

  apply(own: string, write: Write): void {
    const cluster = this.cluster(own);
    this.log.push(`${own}: ${write.verb} ${write.resource}/${write.name} (${write.reason})`);
    const map = cluster[write.resource === "endpointslices" ? "slices" : write.resource] as Map<string, KubeObject>;
    const found = map.get(write.name);
    switch (write.verb) {
      case "create":
        if (found) throw new Error(`${own}: ${write.resource}/${write.name} already exists`);
        if (write.resource === "services") this.createService(own, write.body as Service);
        else this.#store(map, write.body);
        return;
      case "update":
        this.#store(map, write.body);
        return;
      case "patch":
        if (found) this.#patch(cluster, found as Service, write.patch);
        return;
      case "delete":
        map.delete(write.name);
        this.onChange?.();
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
