/** The controller: events of all clusters become keys, keys are reconciled, and what was done is told. */
import type { Logger } from "pino";
import type { Advice } from "../shared/advice.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import type { Orders } from "../shared/orders.ts";
import { adviseOn } from "../shared/protocol/advise.ts";
import type { ServiceKey } from "../shared/protocol/snapshot.ts";
import { WatchedCluster } from "./cluster.ts";
import type { ClusterEvents } from "./cluster-events.ts";
import { type Config, isInScope } from "./config.ts";
import type { EventRecorder } from "./events.ts";
import { fenceWrites } from "./fence.ts";
import { FirstLook } from "./first-look.ts";
import { gatherCached, NO_MEMORY, type Sources } from "./gather.ts";
import { judgeHealth } from "./health.ts";
import { isDeclared, knownKeys } from "./inventory.ts";
import { storeKnownPeers } from "./known-peers.ts";
import { LossTally } from "./loss-tally.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { OrderBook } from "./orders.ts";
import { Overlay } from "./overlay.ts";
import { Peers } from "./peers.ts";
import { Propagation } from "./propagation.ts";
import { createQueue, type KeyedQueue } from "./queue.ts";
import { Reasons } from "./reasons.ts";
import { Reconciler } from "./reconciler.ts";
import { createHooks, tellFailure, tellWatchError, UNREADABLE_GRACE_MS } from "./telling.ts";

export interface ControllerOptions {
  config: Config;
  client: KubeClient;
  /** uid of the own cluster, which need not be known yet; rejects with `ApiError`. */
  clusterUid: Promise<string>;
  recorder: EventRecorder;
  log: Logger;
  /** False while another replica is the one that writes; caches stay warm and advice is given all the same. Default: always true. */
  isLeader?: () => boolean;
}

export class Controller {
  readonly metrics: Metrics;
  readonly #options: ControllerOptions;
  readonly #own: WatchedCluster;
  readonly #peers: Peers;
  readonly #orders: OrderBook;
  readonly #overlay = new Overlay();
  readonly #reasons: Reasons;
  readonly #sources: Sources;
  readonly #reconciler: Reconciler;
  readonly #queue: KeyedQueue;
  readonly #propagation: Propagation;
  readonly #firstLook = new FirstLook(
    () => this.#peers.clusters.values(),
    () => this.#addAll(),
  );
  #firstRest: Promise<void> | undefined;
  #stopped = false;

  constructor(options: ControllerOptions) {
    const { config, clusterUid, log } = options;
    this.#options = options;
    const client = fenceWrites(options.client, {
      isLeader: () => this.#leads(),
      onResult: (verb, resource, result) => this.metrics.writes.inc({ resource, verb, result }),
    });
    this.#own = new WatchedCluster(config.clusterName, client, config.podCIDRs, this.#eventsOf(config.clusterName));
    const forgotten = () => this.#orders.orders.forgotten;
    this.#orders = new OrderBook({
      client,
      namespace: config.namespace,
      ownName: config.clusterName,
      onChange: (orders) => this.#toldOrders(orders),
      onProblem: (problem) => log.warn({ problem }, "orders"),
    });
    this.#peers = new Peers({
      folder: config.peersDir,
      ownName: config.clusterName,
      ownUid: clusterUid,
      namespace: config.namespace,
      known: storeKnownPeers(options.client, config.namespace),
      forgotten,
      quota: config.peerLimits,
      events: (name) => this.#eventsOf(name),
      onPeers: () => {
        // Others may be behind their names now: what was observed of them has ended.
        this.#reconciler.observeAll();
        this.#addAll();
      },
      onRefused: (peer, reason) => log.warn({ peer, reason }, "peer is not followed"),
      onUnchecked: (peer, reason) => log.warn({ peer, reason }, "peer cannot be asked who it is, tried again"),
      onError: (err) => log.error({ err, folder: config.peersDir }, "the folder or the list of peers cannot be read"),
    });
    const peers = () => this.#peers.clusters;
    const allowedUntil = () => this.#orders.orders.deletionsUntil;
    this.#sources = {
      own: this.#own,
      peers,
      overlay: this.#overlay,
      read: new Overlay(),
      forgotten,
      losses: new LossTally({ limit: config.maxDeletions, own: this.#own, peers, allowedUntil }),
      settings: config.settings,
      createNamespaces: config.createNamespaces,
      maxEndpoints: config.peerLimits.endpoints,
      now: Date.now,
    };
    this.#queue = createQueue({
      run: (key) => this.#run(key),
      onFailure: (...failure) => tellFailure({ metrics: this.metrics, log }, ...failure),
      onRun: (waitedMs, tookMs) => this.metrics.observeRun(waitedMs, tookMs),
    });
    this.metrics = createMetrics({
      clusters: () => new Map([[config.clusterName, this.#own], ...this.#peers.clusters]),
      forgotten,
      refusals: () => this.#peers.refusals,
      credentials: () => this.#peers.credentials,
      queue: () => this.#queue,
      count: (reason) => this.#reasons.count(reason),
      isLeader: () => this.#leads(),
      now: Date.now,
    });
    this.#propagation = new Propagation(this.metrics.propagation, Date.now);
    this.#reasons = new Reasons(this.metrics.notInSync);
    const tellers = { propagation: this.#propagation, reasons: this.#reasons, recorder: options.recorder, log };
    this.#reconciler = new Reconciler(this.#sources, createHooks(tellers));
  }

  async start(): Promise<void> {
    this.#firstLook.start();
    // Asked first: without the answers, which are short, the lists of the peers cannot begin.
    const met = this.#peers.start(this.#orders.start());
    this.#own.start(true);
    await met;
    this.#firstLook.connected = true;
    this.#addAll();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#firstLook.stop();
    this.#orders.stop();
    await this.#queue.stop();
    await Promise.all([this.#peers.stop(), this.#own.stop()]);
  }

  /** The own cluster is read; without it nothing is decided. */
  get readable(): boolean {
    return this.#own.readable;
  }

  /** What is wrong with this process; undefined if nothing is. See `judgeHealth`. */
  health(): string | undefined {
    return judgeHealth(performance.now(), this.#clusters(), this.#queue.oldestRun);
  }

  /** What others may know of the peers: names, uids of those that were met, and why some are refused. */
  get known() {
    return { peers: [...this.#peers.clusters.keys()], peerUids: this.#peers.uids, refusals: this.#peers.refusals };
  }

  /** This process has become the one that writes and tells, and looks at every Service again; or it is that no more. */
  lead(leading: boolean): void {
    if (leading) this.#addAll();
    else {
      this.#reasons.clear();
      this.#propagation.clear();
    }
  }

  #toldOrders({ forgotten, deletionsUntil }: Orders): void {
    this.#options.log.warn({ forgotten: [...forgotten], deletionsUntil }, "orders");
    this.#addAll();
  }

  #leads(): boolean {
    return this.#options.isLeader?.() ?? true;
  }

  /** What is known of a Service across clusters; undefined while the own cluster is not read. */
  advise(key: ServiceKey): Advice | undefined {
    return this.#own.readable ? adviseOn(gatherCached(this.#sources, key, NO_MEMORY)) : undefined;
  }

  async #run(id: string): Promise<void> {
    const [namespace = "", name = ""] = id.split("/");
    if (!isInScope(this.#options.config, namespace) || !this.#decides()) return;
    this.#tellFirstRest();
    const { again, recheckMs } = await this.#reconciler.reconcile({ namespace, name });
    if (!this.#leads()) this.#reasons.clear();
    this.metrics.reconciles.inc({ result: "ok" });
    if (again) this.#queue.add(id);
    else this.#propagation.settled(id);
    if (recheckMs !== undefined) this.#queue.addAfter(id, recheckMs);
  }

  /** Says once that all there was to do after the start is done. */
  #tellFirstRest(): void {
    this.#firstRest ??= this.#queue.idle().then(() => {
      const found = { services: this.#own.stores.services.size };
      if (!this.#stopped) this.#options.log.info(found, "every Service has been looked at");
    });
  }

  /** False while passes would be for nothing. Whatever ends that, the last list, the time or the Lease, adds every key. */
  #decides(): boolean {
    return this.#own.readable && this.#leads() && this.#firstLook.isOver();
  }

  #add(key: string): void {
    if (this.#decides()) this.#queue.add(key);
  }

  #eventsOf(cluster: string): ClusterEvents {
    return {
      scope: this.#options.config,
      isEcho: (change) => cluster === this.#own.name && this.#overlay.observe(change),
      onKey: (key) => {
        // Added first, whatever becomes of the look at it: the pass begins in a later turn.
        this.#add(key);
        this.#reconciler.observe(key);
      },
      onPeerCopy: (key) => isDeclared(this.#clusters(), key) && this.#add(key),
      onChanged: (key, at) => this.#leads() && this.#propagation.changed(key, cluster, at),
      onNamespace: (namespace) => this.#addAll(namespace),
      onReadable: (readable, error) => this.#toldReadable(cluster, readable, error),
      onError: (error) => tellWatchError(this.#options.log, cluster, error),
    };
  }

  /** Decisions heed a lost cluster at once; that every Service says so waits, for most losses last a second. */
  #toldReadable(cluster: string, readable: boolean, error: unknown): void {
    const reason = error instanceof Error ? error.message : undefined;
    this.#options.log[readable ? "info" : "warn"]({ cluster, reason }, `cluster is ${readable ? "" : "not "}read`);
    if (!readable) this.#reconciler.observeAll();
    const found = () => (cluster === this.#own.name ? this.#own : this.#peers.clusters.get(cluster));
    if (readable) this.#addAll();
    else setTimeout(() => found()?.readable || this.#addAll(), UNREADABLE_GRACE_MS).unref();
  }

  #clusters(): WatchedCluster[] {
    return [this.#own, ...this.#peers.clusters.values()].filter((cluster) => cluster !== undefined);
  }

  /** Every key any cluster knows, of one namespace if named; else also those of which something is told that may be gone. */
  #addAll(namespace?: string): void {
    if (!this.#decides()) return;
    for (const key of knownKeys(this.#clusters(), namespace)) this.#queue.add(key);
    if (namespace === undefined) for (const key of this.#reasons.keys) this.#queue.add(key);
  }
}
