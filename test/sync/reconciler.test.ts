import assert from "node:assert/strict";
import { test } from "node:test";
import { formatIntent } from "../../shared/intent.ts";
import { CONDITION_IN_SYNC, INTENT, MODE } from "../../shared/keys.ts";
import type { KubeClient } from "../../shared/kube/client.ts";
import type { Condition, Service } from "../../shared/kube/objects.ts";
import { type ClusterEvents, WatchedCluster } from "../../sync/cluster.ts";
import type { Sources } from "../../sync/gather.ts";
import { LossTally } from "../../sync/loss-tally.ts";
import { Overlay } from "../../sync/overlay.ts";
import { Reconciler, type ReconcilerHooks } from "../../sync/reconciler.ts";

const KEY = { namespace: "shop", name: "web" };
const IN_SYNC: Condition = {
  type: CONDITION_IN_SYNC,
  status: "True",
  reason: "InSync",
  message: "serves with its own pods",
};
const INTENT_HERE = formatIntent({ mode: "source", at: "east", time: 1, declared: ["source"] });

/** A Service that serves in the only cluster there is. */
function server(version: number, mode: string, conditions: Condition[]): Service {
  const annotations = { [MODE]: mode, [INTENT]: INTENT_HERE };
  return {
    metadata: { ...KEY, uid: "web", resourceVersion: `${version}`, annotations },
    spec: { selector: { app: "web" }, clusterIP: "10.0.0.1", ports: [{ port: 80 }] },
    status: { conditions },
  };
}

function reconcilerOf(cached: Service, answer: Service) {
  const patched: unknown[] = [];
  const client = {
    patch: (_path: string, patch: unknown) => {
      patched.push(patch);
      return Promise.resolve(answer);
    },
  } as unknown as KubeClient;
  const own = Object.assign(new WatchedCluster("east", client, [], {} as ClusterEvents), { shown: () => 0 });
  Object.defineProperty(own, "readable", { value: true });
  own.stores.services.set(cached);
  own.stores.namespaces.set({ metadata: { name: KEY.namespace } });
  const sources: Sources = {
    own,
    peers: () => new Map(),
    forgotten: () => new Set(),
    losses: new LossTally({ limit: 1, own, peers: () => new Map(), allowedUntil: () => 0 }),
    overlay: new Overlay(),
    read: new Overlay(),
    settings: { unionSelector: "strip", endpoints: "mirror" },
    now: () => 1_000,
  };
  const hooks: ReconcilerHooks = { onWrite: () => {}, onNotice: () => {}, onCondition: () => {} };
  return { patched, reconciler: new Reconciler(sources, hooks) };
}

test("after a condition is written the Service is looked at again: the answer may bring what nobody tells any more", async () => {
  const { patched, reconciler } = reconcilerOf(server(1, "source", []), server(3, "union", [IN_SYNC]));
  assert.equal((await reconciler.reconcile(KEY)).again, true);
  assert.equal(patched.length, 1);
  await reconciler.reconcile(KEY);
  assert.equal(patched.length, 2, "the mode that somebody declared in between is stamped");
});

test("a Service that says already what is to be said is at rest", async () => {
  const { patched, reconciler } = reconcilerOf(server(1, "source", [IN_SYNC]), server(1, "source", [IN_SYNC]));
  assert.deepEqual(await reconciler.reconcile(KEY), { again: false });
  assert.deepEqual(patched, []);
});
