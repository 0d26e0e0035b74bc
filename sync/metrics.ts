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
  /** 1 for the reason a Service is not in sync. */
  notInSync: Gauge<"namespace" | "name" | "reason">;
}

/** Fresh metrics with a registry of their own. `queueDepth` is asked at each scrape. */
export function createMetrics(queueDepth: () => number): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: "syndicate_queue_depth",
    help: "Keys that wait to be reconciled",
    registers,
    collect() {
      this.set(queueDepth());
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
    notInSync: new Gauge({
      name: "syndicate_service_not_in_sync",
      help: "1 while a Service is not in sync, with the reason of its condition",
      labelNames: ["namespace", "name", "reason"],
      registers,
    }),
  };
}
