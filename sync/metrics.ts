/** What `/metrics` tells; names begin with `syndicate_`. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";

export interface Metrics {
  registry: Registry;
  /** Writes made, by resource, verb and result (`ok` or an error class). */
  writes: Counter<"resource" | "verb" | "result">;
  /** Passes over a key, by result (`ok`, `error`). */
  reconciles: Counter<"result">;
  /** 1 if a cluster's lists are complete and its watches alive. */
  clusterReadable: Gauge<"cluster">;
  /** 1 for each cluster that an operator said is gone for good. */
  clusterForgotten: Gauge<"cluster">;
  /** 1 for the reason a Service is not in sync. */
  notInSync: Gauge<"namespace" | "name" | "reason">;
}

/** What is asked at each scrape. */
export interface Asked {
  /** Keys that wait. */
  queueDepth(): number;
  /** Services that several clusters have on their own. */
  independents(): number;
  /** Services whose deletions are held back because they are too many. */
  heldDeletions(): number;
}

/** Fresh metrics with a registry of their own. */
export function createMetrics(asked: Asked): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: "syndicate_queue_depth",
    help: "Keys that wait to be reconciled",
    registers,
    collect() {
      this.set(asked.queueDepth());
    },
  });
  new Gauge({
    name: "syndicate_services_independent",
    help: "Services of this cluster that another cluster has on its own too, and nobody declared anything",
    registers,
    collect() {
      this.set(asked.independents());
    },
  });
  new Gauge({
    name: "syndicate_deletions_held",
    help: "Services whose deletions, or those of their endpoints, are held back because they are too many",
    registers,
    collect() {
      this.set(asked.heldDeletions());
    },
  });
  return {
    registry,
    writes: new Counter({
      name: "syndicate_writes_total",
      help: "Writes to the own cluster",
      labelNames: ["resource", "verb", "result"],
      registers,
    }),
    reconciles: new Counter({
      name: "syndicate_reconciles_total",
      help: "Passes over a Service key",
      labelNames: ["result"],
      registers,
    }),
    clusterReadable: new Gauge({
      name: "syndicate_cluster_readable",
      help: "1 if all lists of the cluster are complete and its watches alive",
      labelNames: ["cluster"],
      registers,
    }),
    clusterForgotten: new Gauge({
      name: "syndicate_cluster_forgotten",
      help: "1 if an operator said that the cluster is gone for good",
      labelNames: ["cluster"],
      registers,
    }),
    notInSync: new Gauge({
      name: "syndicate_service_not_in_sync",
      help: "1 while a Service is not in sync, with the reason of its condition",
      labelNames: ["namespace", "name", "reason"],
      registers,
    }),
  };
}
