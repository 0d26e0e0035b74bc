/** What `/metrics` tells of clusters, their watches and credentials; looked up when it is asked. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { CredentialLife } from "../shared/kube/credential-life.ts";
import type { Reflector } from "../shared/kube/reflector.ts";
import type { WatchedCluster } from "./cluster.ts";

export interface ClusterSources {
  /** Every known cluster, the own one too; undefined: refused, or never reached. */
  clusters(): ReadonlyMap<string, WatchedCluster | undefined>;
  /** Clusters that an operator said are gone for good. */
  forgotten(): ReadonlySet<string>;
  /** Why peers are refused, by name. */
  refusals(): ReadonlyMap<string, string>;
  /** Since when and until when the credentials of connected peers are good. */
  credentials(): ReadonlyMap<string, CredentialLife>;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Adds the metrics to a registry. */
export function observeClusters(registry: Registry, sources: ClusterSources): void {
  observeWatches(registry, sources);
  observePeers(registry, sources);
}

function observeWatches(registry: Registry, { clusters, now }: ClusterSources): void {
  const labelNames = ["cluster", "resource"] as const;
  const each = (
    tell: (labels: { cluster: string; resource: string }, watch: Reflector, at: WatchedCluster) => void,
  ) => {
    for (const [cluster, found] of clusters()) {
      for (const [resource, watch] of found?.watches ?? []) tell({ cluster, resource }, watch, found as WatchedCluster);
    }
  };
  const gauge = (name: string, help: string, value: (watch: Reflector) => number | undefined) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        each((labels, watch) => {
          const found = value(watch);
          if (found !== undefined) this.set(labels, found);
        });
      },
    });
  const counter = (name: string, help: string, value: (watch: Reflector) => number) =>
    new Counter({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        each((labels, watch) => this.inc(labels, value(watch)));
      },
    });
  gauge("syndicate_watch_up", "1 while the watch is open", (watch) => (watch.state === "watching" ? 1 : 0));
  gauge(
    "syndicate_last_event_timestamp_seconds",
    "Unix time of the last list, event or bookmark",
    ({ lastEventAt }) => lastEventAt && (now() - (performance.now() - lastEventAt)) / 1000,
  );
  counter("syndicate_watch_failures_total", "Lists and watches that failed", (watch) => watch.failures);
  counter(
    "syndicate_relist_drift_total",
    "Changes that a later list had to bring because no watch did",
    (watch) => watch.drift,
  );
}

function observePeers(registry: Registry, sources: ClusterSources): void {
  const { clusters, forgotten, refusals, credentials, now } = sources;
  const gauge = (name: string, help: string, values: () => Iterable<readonly [string, number]>) =>
    new Gauge({
      name,
      help,
      labelNames: ["cluster"],
      registers: [registry],
      collect() {
        this.reset();
        for (const [cluster, value] of values()) this.set({ cluster }, value);
      },
    });
  gauge("syndicate_cluster_readable", "1 if all lists of the cluster are complete and its watches alive", () =>
    [...clusters()].map(([name, cluster]) => [name, cluster?.readable ? 1 : 0] as const),
  );
  gauge("syndicate_cluster_quarantined", "1 while the cluster says more than it may and is not listened to", () =>
    [...clusters()].map(([name, cluster]) => [name, cluster?.quarantine === undefined ? 0 : 1] as const),
  );
  gauge("syndicate_cluster_forgotten", "1 if an operator said that the cluster is gone for good", () =>
    [...forgotten()].map((name) => [name, 1] as const),
  );
  gauge("syndicate_peer_refused", "1 while the kubeconfig of a peer, or a new one, is refused", () =>
    [...clusters().keys()].map((name) => [name, refusals().has(name) ? 1 : 0] as const),
  );
  gauge("syndicate_credential_age_seconds", "Time since token or client certificate were issued, if they tell", () =>
    [...credentials()].flatMap(([name, { issuedAt }]) =>
      issuedAt === undefined ? [] : [[name, (now() - issuedAt) / 1000] as const],
    ),
  );
  gauge("syndicate_credential_expiry_timestamp_seconds", "Unix time at which token or client certificate end", () =>
    [...credentials()].flatMap(([name, { endsAt }]) => (endsAt === undefined ? [] : [[name, endsAt / 1000] as const])),
  );
}
