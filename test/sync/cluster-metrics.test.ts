import assert from "node:assert/strict";
import { test } from "node:test";
import type { WatchedCluster } from "../../sync/cluster.ts";
import { createMetrics } from "../../sync/metrics.ts";

// What a scrape shows of clusters and of deletions that are held back.

test("clusters that are quarantined, refused or forgotten, and deletions that are held, are shown while they are", async () => {
  const cluster = (readable: boolean, quarantine?: string) =>
    ({ readable, quarantine, watches: new Map() }) as unknown as WatchedCluster;
  let clusters = new Map([
    ["east", cluster(true)],
    ["west", cluster(false, "more than 3 objects")],
    ["south", undefined],
  ]);
  let forgotten = new Set(["north"]);
  const counts: Record<string, number> = { TooManyDeletions: 2, Independent: 3 };
  const { registry } = createMetrics({
    ...{ clusters: () => clusters, forgotten: () => forgotten, refusals: () => new Map([["south", "no"]]) },
    ...{
      credentials: () => new Map(),
      queue: () => ({ waiting: 0, failing: 0 }),
      count: (reason) => counts[reason] ?? 0,
    },
    ...{ isLeader: () => true, now: () => 0 },
  });
  const shown = async (name: string) => {
    const { values = [] } = (await registry.getSingleMetric(`syndicate_${name}`)?.get()) ?? {};
    return Object.fromEntries(values.map(({ labels, value }) => [labels["cluster"] ?? "", value]));
  };
  assert.deepEqual(await shown("cluster_quarantined"), { east: 0, west: 1, south: 0 });
  assert.deepEqual(await shown("cluster_readable"), { east: 1, west: 0, south: 0 });
  assert.deepEqual(await shown("peer_refused"), { east: 0, west: 0, south: 1 });
  assert.deepEqual(await shown("cluster_forgotten"), { north: 1 });
  assert.deepEqual(await shown("deletions_held"), { "": 2 });
  assert.deepEqual(await shown("services_independent"), { "": 3 });

  clusters = new Map([["west", cluster(true)]]);
  forgotten = new Set();
  counts["TooManyDeletions"] = 0;
  assert.deepEqual(await shown("cluster_quarantined"), { west: 0 });
  assert.deepEqual(await shown("cluster_forgotten"), {});
  assert.deepEqual(await shown("deletions_held"), { "": 0 });
});
