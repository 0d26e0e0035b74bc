/** One cluster as the sync process keeps it: a client, and stores that follow its Services and slices. */
import type { Scope } from "../shared/identity.ts";
import { MANAGED_BY, OUR_MANAGER } from "../shared/keys.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import { type EndpointSlice, type Endpoints, type KubeObject, label, type Service } from "../shared/kube/objects.ts";
import { isQuarantineError, type QuotaLimits } from "../shared/kube/quota.ts";
import { type Reflector, startReflector } from "../shared/kube/reflector.ts";
import { endpointSlices, endpoints, namespaces, services } from "../shared/kube/resources.ts";
import { keyOf, Store } from "../shared/kube/store.ts";
import type { Resource } from "../shared/protocol/write.ts";
import type { ClusterEvents } from "./cluster-events.ts";
import { isInScope, scopeSelector } from "./config.ts";
import { formerOf, isNewShadow, namespaceOf, shadowedKey, sliceKey } from "./owner-key.ts";
import { changedAt } from "./propagation.ts";
import { checkSlice } from "./shape.ts";
import {
  stubEndpoints,
  stubSlice,
  trimEndpoints,
  trimNamespace,
  trimPeerService,
  trimPeerSlice,
  trimService,
  trimSlice,
} from "./trim.ts";

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

/** A watched cluster. */
export class WatchedCluster {
  readonly name: string;
  readonly client: KubeClient;
  #podCIDRs: readonly string[];
  /** Which namespaces take part there; undefined where that is not known. */
  scope: Scope | undefined;
  readonly stores: ClusterStores;
  /** By plural of the kind. */
  readonly #reflectors = new Map<string, Reflector>();
  readonly #events: ClusterEvents;
  #readable = false;
  /** See `quarantine`: as it was told. */
  #quarantined: string | undefined;
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
    const trimmed = own ? trimSlice : trimPeerSlice;
    const trimOrStub = (slice: EndpointSlice) => (this.#isInScope(slice) ? trimmed(slice) : stubSlice(slice));
    const trimmedService = own ? trimService : trimPeerService;
    this.#follow(services.all, this.stores.services, trimmedService, (service) => this.#toldService(service));
    const times = new WeakMap<EndpointSlice, number>();
    const trimAndDate = (slice: EndpointSlice) => {
      if (!own) checkSlice(slice);
      const seenAt = Date.now();
      const at = own ? seenAt : changedAt(slice, seenAt);
      const kept = trimOrStub(slice);
      // Only changes that waited are remembered: all others are told as soon as they are seen.
      if (at !== seenAt) times.set(kept, at);
      return kept;
    };
    this.#follow(endpointSlices.all, this.stores.slices, trimAndDate, (slice) =>
      this.#toldSlice(slice, own ? undefined : (times.get(slice) ?? Date.now())),
    );
    if (!own) return;
    this.#follow(
      endpoints.all,
      this.stores.endpoints,
      (object) => (this.#isInScope(object) ? trimEndpoints(object) : stubEndpoints(object)),
      (object) => this.#tell(keyOf(object)),
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
    return this.#readable;
  }

  /** The watches by the plural of their kind, as far as others may know; empty once stopped. */
  get watches(): ReadonlyMap<string, Reflector> {
    return this.#reflectors;
  }

  /** The version up to which the store of this kind shows everything; see `Reflector`. 0 before its first list. */
  shown(resource: Resource): number {
    return this.#reflectors.get(resource)?.shown ?? 0;
  }

  /** Why nothing it says is used; undefined if it is. What was known before stays as it is, and it is looked at again. */
  get quarantine(): string | undefined {
    if (this.#readable) return undefined;
    const { lastError } = this;
    return isQuarantineError(lastError) ? lastError.message : undefined;
  }

  /** How much of each kind is kept of it; undefined: any amount. */
  get quota(): QuotaLimits | undefined {
    return this.#quota;
  }

  /** `performance.now()` milliseconds of the most recent event, list or bookmark. */
  get lastEventAt(): number | undefined {
    const times = this.#all().flatMap((reflector) => reflector.lastEventAt ?? []);
    return times.length ? Math.max(...times) : undefined;
  }

  /** Why it is not readable, as far as known. */
  get lastError(): unknown {
    const errors = this.#all().flatMap((reflector) => reflector.lastError ?? []);
    return errors.find(isQuarantineError) ?? errors[0];
  }

  /** Ends the watches: not readable from now on, the stores keep what was known. The client stays open. */
  async stop(): Promise<void> {
    const reflectors = this.#all();
    this.#reflectors.clear();
    this.#readable = false;
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
    let isFirstList = true;
    const fieldSelector = scopeSelector(this.#events.scope);
    const reflector = startReflector<T>({
      client: this.client,
      path,
      ...(fieldSelector === undefined || path === namespaces.all ? {} : { fieldSelector }),
      store,
      trim,
      ...(this.#quota ? { quota: this.#quota } : {}),
      // Once the cluster is readable everything is looked at: of what was there before, nothing is told object by object.
      onChange: (change) => {
        if (isFirstList || (this.#events.isEcho(change) && !isNewShadow(change))) return;
        told(change.object);
        const former = formerOf(change);
        if (former) told(former);
      },
      onState: () => this.#checkReadable(),
      onError: (error) => {
        this.#events.onError(error);
        this.#checkReadable();
      },
    });
    const listed = () => {
      isFirstList = false;
    };
    reflector.synced.then(listed, listed);
    this.#reflectors.set(path.slice(path.lastIndexOf("/") + 1), reflector);
  }

  #checkReadable(): void {
    const readable = this.#reflectors.size > 0 && this.#all().every((reflector) => isCurrent(reflector));
    const before = { readable: this.#readable, quarantine: this.#quarantined };
    this.#readable = readable;
    this.#quarantined = this.quarantine;
    // One that cannot be read may come to be one that says too much: that is another thing to tell.
    if (readable === before.readable && this.#quarantined === before.quarantine) return;
    this.#events.onReadable(readable, this.lastError);
  }

  #isInScope({ metadata }: KubeObject): boolean {
    return isInScope(this.#events.scope, metadata.namespace ?? "");
  }

  #tell(key: string): void {
    if (isInScope(this.#events.scope, namespaceOf(key))) this.#events.onKey(key);
  }

  #toldService(service: Service): void {
    this.#tell(shadowedKey(service)[0] ?? keyOf(service));
  }

  /** A slice of a shadow concerns the shadowed Service; if the shadow is not known yet, its own event will tell. */
  #toldSlice(slice: EndpointSlice, changed: number | undefined): void {
    const [key] = sliceKey(slice);
    if (key === undefined) return;
    const owner = this.stores.services.get(key);
    const concerned = (owner && shadowedKey(owner)[0]) ?? key;
    const own = changed === undefined;
    if (!own && label(slice, MANAGED_BY) === OUR_MANAGER) {
      if (isInScope(this.#events.scope, namespaceOf(concerned))) this.#events.onPeerCopy(concerned);
      return;
    }
    if (!own && isInScope(this.#events.scope, namespaceOf(concerned))) this.#events.onChanged(concerned, changed);
    this.#tell(concerned);
  }
}

function isCurrent(reflector: Reflector): boolean {
  return reflector.hasSynced && (reflector.state === "listed" || reflector.state === "watching");
}
