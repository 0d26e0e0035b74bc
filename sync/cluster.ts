/** One cluster as the sync process keeps it: a client, and stores that follow its Services and slices. */
import { SERVICE_NAME, SHADOW_OF } from "../shared/keys.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import { type EndpointSlice, type Endpoints, type KubeObject, label, type Service } from "../shared/kube/objects.ts";
import { isQuotaError, type QuotaLimits } from "../shared/kube/quota.ts";
import { type Reflector, startReflector } from "../shared/kube/reflector.ts";
import { endpointSlices, endpoints, namespaces, services } from "../shared/kube/resources.ts";
import { Store } from "../shared/kube/store.ts";
import { trimEndpoints, trimNamespace, trimService, trimSlice } from "./trim.ts";

/** Index of slices by `namespace/service name`, and of shadows by `namespace/name of the shadowed Service`. */
export const BY_SERVICE = "service";

export interface ClusterStores {
  services: Store<Service>;
  slices: Store<EndpointSlice>;
  /** Own cluster only; empty for peers. */
  endpoints: Store<Endpoints>;
  /** Own cluster only; empty for peers. */
  namespaces: Store<KubeObject>;
}

export interface ClusterEvents {
  /** Something about `namespace/name` may have changed. */
  onKey(key: string): void;
  /** Everything in this namespace may have to be looked at. */
  onNamespace(namespace: string): void;
  /** The cluster became readable or unreadable. */
  onReadable(readable: boolean, error: unknown): void;
  onError(error: unknown): void;
  /** An object was seen deleted. */
  onDeleted(uid: string): void;
}

/** A watched cluster. */
export class WatchedCluster {
  readonly name: string;
  readonly client: KubeClient;
  #podCIDRs: readonly string[];
  readonly stores: ClusterStores;
  /** By plural of the kind. */
  readonly #reflectors = new Map<string, Reflector>();
  readonly #events: ClusterEvents;
  #readable = false;
  #quota: QuotaLimits | undefined;

  constructor(name: string, client: KubeClient, podCIDRs: readonly string[], events: ClusterEvents) {
    this.name = name;
    this.client = client;
    this.#podCIDRs = podCIDRs;
    this.#events = events;
    this.stores = {
      services: new Store<Service>({ [BY_SERVICE]: shadowedKey }),
      slices: new Store<EndpointSlice>({ [BY_SERVICE]: sliceKey }),
      endpoints: new Store<Endpoints>(),
      namespaces: new Store<KubeObject>(),
    };
  }

  /** Starts to follow Services and slices; of the own cluster Endpoints and namespaces too. `quota`: how much of each kind is kept. */
  start(own: boolean, quota?: QuotaLimits): void {
    this.#quota = quota;
    this.#follow(services.all, this.stores.services, trimService, (service) => this.#toldService(service));
    this.#follow(endpointSlices.all, this.stores.slices, trimSlice, (slice) => this.#toldSlice(slice));
    if (!own) return;
    this.#follow(endpoints.all, this.stores.endpoints, trimEndpoints, (object) =>
      this.#events.onKey(objectKey(object)),
    );
    this.#follow(namespaces.all, this.stores.namespaces, trimNamespace, ({ metadata }) =>
      this.#events.onNamespace(metadata.name),
    );
  }

  /** CIDRs that addresses from here must lie in; empty means no such limit. */
  get podCIDRs(): readonly string[] {
    return this.#podCIDRs;
  }

  /** Changes these CIDRs. */
  limitTo(podCIDRs: readonly string[]): void {
    this.#podCIDRs = podCIDRs;
  }

  /** All lists are complete and all watches alive: what the stores say is what there is. */
  get readable(): boolean {
    return this.#reflectors.size > 0 && this.#all().every((reflector) => isCurrent(reflector));
  }

  /** The watches by the plural of their kind, as far as others may know; empty once stopped. */
  get watches(): ReadonlyMap<string, Reflector> {
    return this.#reflectors;
  }

  /** Why nothing it says is used; undefined if it is. What was known before stays as it is, and it is looked at again. */
  get quarantine(): string | undefined {
    const { lastError } = this;
    return isQuotaError(lastError) ? lastError.message : undefined;
  }

  /** `performance.now()` milliseconds of the most recent event, list or bookmark. */
  get lastEventAt(): number | undefined {
    const times = this.#all().flatMap((reflector) => reflector.lastEventAt ?? []);
    return times.length ? Math.max(...times) : undefined;
  }

  /** Why it is not readable, as far as known. */
  get lastError(): unknown {
    const errors = this.#all().flatMap((reflector) => reflector.lastError ?? []);
    return errors.find(isQuotaError) ?? errors[0];
  }

  /** Ends the watches: not readable from now on, the stores keep what was known. The client stays open. */
  async stop(): Promise<void> {
    const reflectors = this.#all();
    this.#reflectors.clear();
    await Promise.all(reflectors.map((reflector) => reflector.stop()));
  }

  #all(): Reflector[] {
    return [...this.#reflectors.values()];
  }

  #follow<T extends KubeObject>(
    path: string,
    store: Store<T>,
    trim: (object: T) => T,
    told: (object: T) => void,
  ): void {
    const reflector = startReflector<T>({
      client: this.client,
      path,
      store,
      trim,
      ...(this.#quota ? { quota: this.#quota } : {}),
      onChange: ({ type, object }) => {
        if (type === "deleted" && object.metadata.uid) this.#events.onDeleted(object.metadata.uid);
        told(object);
      },
      onState: () => this.#checkReadable(),
      onError: (error) => this.#events.onError(error),
    });
    this.#reflectors.set(path.slice(path.lastIndexOf("/") + 1), reflector);
  }

  #checkReadable(): void {
    const readable = this.readable;
    if (readable === this.#readable) return;
    this.#readable = readable;
    this.#events.onReadable(readable, this.lastError);
  }

  #toldService(service: Service): void {
    this.#events.onKey(shadowedKey(service)[0] ?? objectKey(service));
  }

  /** A slice of a shadow concerns the shadowed Service; if the shadow is not known yet, its own event will tell. */
  #toldSlice(slice: EndpointSlice): void {
    const [key] = sliceKey(slice);
    if (key === undefined) return;
    const owner = this.stores.services.get(key);
    this.#events.onKey((owner && shadowedKey(owner)[0]) ?? key);
  }
}

function isCurrent(reflector: Reflector): boolean {
  return reflector.hasSynced && (reflector.state === "listed" || reflector.state === "watching");
}

function objectKey(object: KubeObject): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

function sliceKey(slice: EndpointSlice): string[] {
  const service = label(slice, SERVICE_NAME);
  return service === undefined ? [] : [`${slice.metadata.namespace ?? ""}/${service}`];
}

function shadowedKey(service: Service): string[] {
  const of = label(service, SHADOW_OF);
  return of === undefined ? [] : [`${service.metadata.namespace ?? ""}/${of}`];
}
