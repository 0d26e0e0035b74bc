/** What `/metrics` tells; names begin with `syndicate_`. The list with explanations is in docs/metrics.md. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { type ClusterSources, observeClusters } from "./cluster-metrics.ts";
import type { KeyedQueue } from "./queue.ts";
import { INDEPENDENT } from "./reasons.ts";

export interface Metrics {
  registry: Registry;
  /** Writes made, by resource, verb and result (`ok` or an error class). */
  writes: Counter<"resource" | "verb" | "result">;
  /** Passes over a key, by result (`ok`, `error`). */
  reconciles: Counter<"result">;
  /** A pass: how long its key waited for a worker, and how long it took; milliseconds. */
  observeRun(waitedMs: number, tookMs: number): void;
  /** Seconds from a change in a cluster to our write of it. */
  propagation: Histogram<"cluster">;
  /** 1 for the reason a Service is not in sync. */
  notInSync: Gauge<"namespace" | "name" | "reason">;
}

/** What is looked up at each scrape. */
export interface MetricSources extends ClusterSources {
  queue(): Pick<KeyedQueue, "waiting" | "failing">;
  /** Services whose state has this reason now. */
  count(reason: string): number;
  isLeader(): boolean;
}

/** Seconds. */
const FAST = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const PROPAGATION = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Fresh metrics with a registry of their own, the process's memory, CPU and event-loop lag included. */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  observeClusters(registry, sources);
  const lookedUp = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  lookedUp("syndicate_leader", "1 while this process is the one that writes", () => (sources.isLeader() ? 1 : 0));
  lookedUp("syndicate_queue_depth", "Keys that wait to be reconciled", () => sources.queue().waiting);
  lookedUp(
    "syndicate_services_independent",
    "Services of this cluster that another cluster has on its own too, and nobody declared anything",
    () => sources.count(INDEPENDENT),
  );
  lookedUp(
    "syndicate_deletions_held",
    "Services whose deletions, or those of their endpoints, are held back because they are too many",
    () => sources.count("TooManyDeletions"),
  );
  lookedUp("syndicate_queue_failing", "Keys whose last pass failed", () => sources.queue().failing);
  const histogram = <T extends string>(name: string, help: string, buckets: number[], labelNames: T[] = []) =>
    new Histogram({ name, help, buckets, labelNames, registers });
  const waits = histogram("syndicate_queue_wait_seconds", "Time a key waited for a worker", FAST);
  const passes = histogram("syndicate_reconcile_seconds", "Time a pass over a Service key took", FAST);
  return {
    registry,
    writes: new Counter({
      name: "syndicate_writes_total",
      help: "Writes of passes (Services, slices, Endpoints, namespaces)",
      labelNames: ["resource", "verb", "result"],
      registers,
    }),
    reconciles: new Counter({
      name: "syndicate_reconciles_total",
      help: "Passes over a Service key",
      labelNames: ["result"],
      registers,
    }),
    observeRun(waitedMs, tookMs) {
      waits.observe(waitedMs / 1000);
      passes.observe(tookMs / 1000);
    },
    propagation: histogram(
      "syndicate_propagation_seconds",
      "Time from a change of a slice in another cluster to our write of it",
      PROPAGATION,
      ["cluster"],
    ),
    notInSync: new Gauge({
      name: "syndicate_service_not_in_sync",
      help: "1 while a Service is not in sync, with the reason of its condition",
      labelNames: ["namespace", "name", "reason"],
      registers,
    }),
  };
}
