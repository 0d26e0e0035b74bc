/**
 * Several clusters of the model with the real protocol core acting in each. Time, watches and crashes are moved by whoever
 * plays; nothing happens by itself.
 */
import { MODE, SERVICE_NAME, SHADOW_OF } from "../../shared/keys.ts";
import { label } from "../../shared/kube/objects.ts";
import { shadowName } from "../../shared/names.ts";
import { type Plan, planService } from "../../shared/protocol/plan.ts";
import {
  type ClusterView,
  forgottenView,
  type Losses,
  type Settings,
  type Snapshot,
} from "../../shared/protocol/snapshot.ts";
import type { Write } from "../../shared/protocol/write.ts";
import { Cluster, type Counters } from "./cluster.ts";
import { runNativeControllers } from "./native.ts";

export class World {
  readonly clusters: Map<string, Cluster>;
  settings: Settings = { unionSelector: "strip", endpoints: "mirror" };
  /** How many Services lose something because it vanished in peers; left out: not capped. */
  losses: Losses | undefined;
  /** One line for every write and every move of a user, in order. */
  readonly log: string[] = [];
  /** Pods made so far: their addresses are numbered by it. */
  podsMade = 0;
  readonly key = { namespace: "shop", name: "web" };
  /** Watches show only what `observe` brought; otherwise everything at once. */
  lagging = false;
  /** Called instead of each write of a sync process, which it makes by calling `perform`. */
  aroundWrite: ((write: Write, perform: () => boolean) => boolean) | undefined;
  readonly #counters: Counters = { version: 0, uid: 0, now: 1_700_000_000_000 };

  constructor(...names: string[]) {
    this.clusters = new Map(names.map((name) => [name, new Cluster(name, this.#counters)]));
  }

  get now(): number {
    return this.#counters.now;
  }

  /** Lets time pass. */
  wait(ms: number): void {
    this.#counters.now += ms;
  }

  /** Throws on a name that is none: a mistake of the test. */
  cluster(name: string): Cluster {
    const cluster = this.clusters.get(name);
    if (!cluster) throw new Error(`no cluster ${name}`);
    return cluster;
  }

  /** A user's `kubectl annotate`; null removes. When the mode was written is kept as managedFields does, in whole seconds. */
  annotate(name: string, values: Record<string, string | null>): void {
    const cluster = this.cluster(name);
    const found = cluster.services.get(this.key.name);
    if (!found) throw new Error(`${name} has no Service ${this.key.name}`);
    const time = new Date(Math.floor(this.now / 1000) * 1000).toISOString();
    const fieldsV1 = { "f:metadata": { "f:annotations": { [`f:${MODE}`]: {} } } };
    const managedFields = [{ manager: "kubectl", operation: "Update", time, fieldsV1 }];
    const stamp = Object.hasOwn(values, MODE) ? { managedFields } : {};
    cluster.patchService(found, { metadata: { annotations: values, ...stamp } });
  }

  /** The snapshot as the caches of `own` have it, or as fresh reads would give it. */
  snapshot(own: string, live = !this.lagging): Snapshot {
    const clusters = new Map([...this.clusters.values()].map((peer) => [peer.name, this.#view(own, peer, live)]));
    const { key, settings, now, losses } = this;
    return { key, own, clusters, settings, now, since: this.cluster(own).since, ...(losses ? { losses } : {}) };
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

  /** Two clusters no longer read each other: each keeps what it last knew. */
  cut(one: string, other: string): void {
    for (const [near, far] of [
      [this.cluster(one), this.cluster(other)],
      [this.cluster(other), this.cluster(one)],
    ] as const) {
      near.lastKnown.set(far.name, { services: [...far.services.values()], slices: [...far.slices.values()] });
    }
  }

  /** They read each other again. */
  heal(one: string, other: string): void {
    this.cluster(one).lastKnown.delete(other);
    this.cluster(other).lastKnown.delete(one);
  }

  #view(own: string, cluster: Cluster, live: boolean): ClusterView {
    const { name } = this.key;
    const reader = this.cluster(own);
    if (reader.forgotten.has(cluster.name)) return forgottenView(cluster.name);
    const lastKnown = reader.lastKnown.get(cluster.name);
    const seen = lastKnown ?? reader.seen.get(cluster.name) ?? { services: [], slices: [] };
    const services = live && !lastKnown ? [...cluster.services.values()] : seen.services;
    const slices = live && !lastKnown ? [...cluster.slices.values()] : seen.slices;
    const service = services.find((candidate) => candidate.metadata.name === name);
    const shadow = services.find((candidate) => label(candidate, SHADOW_OF) === name);
    const owned = shadow?.metadata.ownerReferences?.[0]?.uid === service?.metadata.uid ? shadow : undefined;
    const of = (owner: string) => slices.filter((slice) => label(slice, SERVICE_NAME) === owner);
    const endpoints = cluster.name === own ? cluster.endpoints.get(name) : undefined;
    return {
      name: cluster.name,
      listed: (cluster.reachable && lastKnown === undefined) || cluster.name === own,
      namespace: true,
      ...(cluster.idle ? { outOfScope: true } : {}),
      ...(service ? { service } : {}),
      ...(owned ? { shadow: owned } : {}),
      slices: of(name),
      shadowSlices: of(owned?.metadata.name ?? shadowName(name)),
      ...(endpoints ? { endpoints } : {}),
      podCIDRs: [],
    };
  }

  /**
   * One pass of a cluster's sync process as the real reconciler makes it: plan from the caches; if a write asks for it, plan
   * again from fresh reads, which are not unlearnt; then the first `most` writes, ending at a conflict. Own writes are seen at once
   * (overlay).
   */
  reconcile(own: string, most = Number.POSITIVE_INFINITY): Plan {
    let plan = this.#plan(own, this.snapshot(own));
    if (plan.writes.some((write) => write.live)) {
      plan = this.#plan(own, this.snapshot(own, true));
      this.#learn(own);
    }
    for (const write of plan.writes.slice(0, most)) if (!this.apply(own, write)) break;
    return plan;
  }

  #learn(own: string): void {
    for (const { name, reachable } of this.clusters.values()) {
      if (!reachable || this.cluster(own).lastKnown.has(name)) continue;
      this.observe(own, name, "services");
      this.observe(own, name, "slices");
    }
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
    this.log.push(`${own}: ${write.verb} ${write.resource}/${write.name} (${write.reason})`);
    const perform = () => cluster.perform(write);
    const done = this.aroundWrite ? this.aroundWrite(write, perform) : perform();
    if (!done) this.log.push(`${own}: conflict`);
    if (this.lagging && write.resource !== "endpoints") {
      this.observe(own, own, write.resource === "services" ? "services" : "slices");
    }
    return done;
  }

  /** One pass of the native controllers of one cluster. */
  runNative(name: string): boolean {
    return runNativeControllers(this.cluster(name));
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
      let busy = [...this.clusters.keys()].filter((name) => this.runNative(name)).length > 0;
      let recheck: number | undefined;
      for (const { name } of [...this.clusters.values()].filter(({ idle }) => !idle)) {
        const plan = this.reconcile(name);
        busy = plan.writes.length > 0 || busy;
        if (plan.recheckMs !== undefined) recheck = Math.min(recheck ?? plan.recheckMs, plan.recheckMs);
      }
      if (busy) continue;
      if (recheck === undefined) return;
      this.wait(recheck);
    }
    throw new Error(`never at rest:\n${this.log.slice(-30).join("\n")}`);
  }
}

/** A decision that changed its input would throw here. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map) for (const member of value.values()) deepFreeze(member);
  else for (const member of Object.values(value)) deepFreeze(member);
  return value instanceof Map ? value : Object.freeze(value);
}
