import assert from "node:assert/strict";
import { test } from "node:test";
import { MANAGED_BY, OUR_MANAGER, REPLICA_OF, SERVICE_NAME, SOURCE_CLUSTER } from "../../shared/keys.ts";
import type { KubeClient } from "../../shared/kube/client.ts";
import { WatchedCluster } from "../../sync/cluster.ts";
import type { ClusterEvents } from "../../sync/cluster-events.ts";
import { LossTally } from "../../sync/loss-tally.ts";

const NOW = 1_000_000_000;
const MINUTE = 60_000;

function cluster(name: string, readable = true): WatchedCluster {
  const made = new WatchedCluster(name, {} as KubeClient, [], {} as ClusterEvents);
  Object.defineProperty(made, "readable", { value: readable });
  return made;
}

/** East, which has replicas of west and copies from it, and west, which has what is named. */
function clusters(here: { replicas?: string[]; copies?: string[] }, there: string[] = [], readable = true) {
  const [own, west] = [cluster("east"), cluster("west", readable)];
  for (const name of here.replicas ?? [])
    own.stores.services.set({ metadata: { namespace: "shop", name, labels: { [REPLICA_OF]: "west" } }, spec: {} });
  for (const name of here.copies ?? []) {
    const labels = { [SERVICE_NAME]: name, [MANAGED_BY]: OUR_MANAGER, [SOURCE_CLUSTER]: "west" };
    const metadata = { namespace: "shop", name: `${name}-copy`, labels };
    own.stores.slices.set({ metadata, addressType: "IPv4", endpoints: [] });
  }
  for (const name of there) west.stores.services.set({ metadata: { namespace: "shop", name }, spec: {} });
  return { own, peers: () => new Map([["west", west]]) };
}

const tallyOf = (parts: ReturnType<typeof clusters>, allowedUntil = 0) =>
  new LossTally({ limit: 50, ...parts, allowedUntil: () => allowedUntil });

test("what was lost counts for ten minutes, each Service once", () => {
  const tally = tallyOf(clusters({}));
  tally.note("shop/web", NOW);
  tally.note("shop/web", NOW + MINUTE);
  tally.note("shop/cart", NOW + 2 * MINUTE);
  const recentAt = (minutes: number) => tally.count(NOW + minutes * MINUTE)?.recent;
  assert.deepEqual([recentAt(2), recentAt(11), recentAt(12), recentAt(13)], [2, 2, 1, 0]);
});

test("due is what a peer that is read has no more: replicas, and Services with copies, each once", () => {
  const parts = clusters({ replicas: ["web", "cart", "there"], copies: ["web", "shoes", "there"] }, ["there"]);
  assert.deepEqual(tallyOf(parts).count(NOW), { recent: 0, due: 3, limit: 50 });
});

test("what has lost something already is not due as well", () => {
  const tally = tallyOf(clusters({ replicas: ["web", "cart"] }));
  tally.note("shop/web", NOW);
  assert.deepEqual(tally.count(NOW + MINUTE), { recent: 1, due: 1, limit: 50 });
  assert.deepEqual(tally.count(NOW + 11 * MINUTE), { recent: 0, due: 2, limit: 50 });
});

test("nothing is due because of a peer that is not read, or not known", () => {
  assert.equal(tallyOf(clusters({ replicas: ["web"] }, [], false)).count(NOW)?.due, 0);
  const { own } = clusters({ replicas: ["web"] });
  assert.equal(tallyOf({ own, peers: () => new Map() }).count(NOW)?.due, 0);
});

test("while an operator allows deletions nothing is counted; what was lost meanwhile counts after", () => {
  const tally = tallyOf(clusters({}), NOW + MINUTE);
  tally.note("shop/web", NOW);
  assert.equal(tally.count(NOW), undefined);
  assert.equal(tally.count(NOW + MINUTE)?.recent, 1);
});
