import { ApiError } from "../../shared/kube/api-error.ts";
import type { KubeClient, ListOptions } from "../../shared/kube/client.ts";
import type { EndpointSlice, Endpoints, KubeObject, Service } from "../../shared/kube/objects.ts";
import type { Resource, Write } from "../../shared/protocol/write.ts";
import { WatchedCluster } from "../../sync/cluster.ts";
import type { ClusterEvents } from "../../sync/cluster-events.ts";
import type { Sources } from "../../sync/gather.ts";
import { LossTally } from "../../sync/loss-tally.ts";
import { Overlay } from "../../sync/overlay.ts";
import { Reconciler, type ReconcilerHooks } from "../../sync/reconciler.ts";
import type { Cluster } from "../model/cluster.ts";
import type { World } from "../model/world.ts";

/** The verbs of a client on one cluster of the model. */
function clientOf(cluster: Cluster, makeNamespace: (name: string) => void): KubeClient {
  const fail = (status: number, path: string, reason = "Conflict"): never => {
    throw new ApiError({ cluster: cluster.name, path, status, reason, message: reason });
  };
  const stored = (path: string) => {
    const [, resource = "", name = ""] = /\/shop\/([a-z]+)(?:\/([^/]+))?/.exec(path) ?? [];
    return { resource: resource as Resource, name, map: cluster.kind(resource as Resource) };
  };
  const write = (path: string, how: object) => {
    const { resource, name, map } = stored(path);
    if (!cluster.perform({ resource, name, reason: "", ...how } as Write)) fail(409, path);
    return map.get(name);
  };
  const client = {
    cluster: cluster.name,
    get: async (path: string) => {
      const { map, name } = stored(path);
      return map.get(name) ?? fail(404, path, "NotFound");
    },
    list: async (path: string, { labelSelector = "" }: ListOptions = {}) => {
      const [, key = "", values = ""] = /^(\S+?)(?:=| in )\(?([^)]*)/.exec(labelSelector) ?? [];
      const items = [...stored(path).map.values()];
      const isAsked = ({ metadata }: KubeObject) => values.split(",").includes(metadata.labels?.[key] ?? "");
      return { items: items.filter(isAsked), resourceVersion: "1" };
    },
    create: async (path: string, body: KubeObject) => {
      if (path.endsWith("/namespaces")) return makeNamespace(body.metadata.name);
      return write(`${path}/${body.metadata.name}`, { verb: "create", body });
    },
    replace: async (path: string, body: KubeObject) => write(path, { verb: "update", body }),
    patch: async (path: string, patch: Record<string, unknown>, type: string) => {
      if (type === "merge") return write(path, { verb: "patch", patch });
      const { map, name } = stored(path);
      cluster.patchService(map.get(name) as Service, patch);
      return map.get(name);
    },
    remove: async (path: string, uids: object) => void write(path, { verb: "delete", ...uids }),
  };
  return client as unknown as KubeClient;
}

/** The real reconciler of one cluster of the model, whose caches show everything at once. */
export class ModelProcess {
  /** Namespaces that were made. */
  readonly namespaces: string[] = [];
  readonly sources: Sources;
  readonly #world: World;
  readonly #reconciler: Reconciler;
  readonly #watched: Map<string, WatchedCluster>;

  constructor(world: World, name: string, hooks: Partial<ReconcilerHooks>, sources: Partial<Sources> = {}) {
    this.#world = world;
    this.#watched = new Map([...world.clusters.values()].map((cluster) => [cluster.name, this.#watch(cluster)]));
    const own = this.#watched.get(name) as WatchedCluster;
    const peers = () => new Map([...this.#watched].filter(([other]) => other !== name));
    this.sources = {
      own,
      peers,
      forgotten: () => world.cluster(name).forgotten,
      losses: new LossTally({ limit: 50, own, peers, allowedUntil: () => 0 }),
      ...{ overlay: new Overlay(), read: new Overlay(), settings: world.settings, now: () => world.now },
      ...sources,
    };
    const nothing = { onWrite() {}, onNotice() {}, onCondition() {} };
    this.#reconciler = new Reconciler(this.sources, { ...nothing, ...hooks });
    own.stores.namespaces.set({ metadata: { name: "shop" } });
  }

  #watch(cluster: Cluster): WatchedCluster {
    const makeNamespace = (name: string) => {
      this.namespaces.push(name);
      watched.stores.namespaces.set({ metadata: { name } });
    };
    const watched: WatchedCluster = new WatchedCluster(
      cluster.name,
      clientOf(cluster, makeNamespace),
      [],
      {} as ClusterEvents,
    );
    Object.defineProperty(watched, "readable", { get: () => cluster.reachable });
    return Object.assign(watched, { shown: () => Number.MAX_SAFE_INTEGER });
  }

  /** Passes until nothing is written any more; what the last one asked for. */
  async settle(): Promise<{ recheckMs?: number }> {
    for (let pass = 0; pass < 50; pass++) {
      this.#show();
      const outcome = await this.#reconciler.reconcile(this.#world.key);
      if (!outcome.again) return outcome;
    }
    throw new Error("50 passes wrote something");
  }

  #show(): void {
    for (const { name, stores } of this.#watched.values()) {
      const { services, slices, endpoints } = this.#world.cluster(name);
      for (const key of [...stores.services.keys()]) stores.services.delete(key);
      for (const key of [...stores.slices.keys()]) stores.slices.delete(key);
      for (const key of [...stores.endpoints.keys()]) stores.endpoints.delete(key);
      for (const service of services.values()) stores.services.set(service);
      for (const slice of slices.values()) stores.slices.set(slice as EndpointSlice);
      for (const object of endpoints.values()) stores.endpoints.set(object as Endpoints);
    }
  }
}
