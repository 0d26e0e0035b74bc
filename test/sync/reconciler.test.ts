import assert from "node:assert/strict";
import { test } from "node:test";
import { formatIntent } from "../../shared/intent.ts";
import { CONDITION_IN_SYNC, INTENT, MODE, REPLICA_OF, SERVICE_NAME } from "../../shared/keys.ts";
import { ApiError } from "../../shared/kube/api-error.ts";
import type { KubeClient } from "../../shared/kube/client.ts";
import type { Condition, Service } from "../../shared/kube/objects.ts";
import { WatchedCluster } from "../../sync/cluster.ts";
import type { ClusterEvents } from "../../sync/cluster-events.ts";
import type { Sources } from "../../sync/gather.ts";
import { LossTally } from "../../sync/loss-tally.ts";
import { Overlay } from "../../sync/overlay.ts";
import { Reconciler } from "../../sync/reconciler.ts";

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

/** A cluster whose watches are alive, and show one Service or none. */
function cluster(name: string, client: Partial<KubeClient>, service?: Service): WatchedCluster {
  const made = new WatchedCluster(name, client as KubeClient, [], {} as ClusterEvents);
  Object.defineProperty(made, "readable", { value: true });
  if (service) made.stores.services.set(service);
  made.stores.namespaces.set({ metadata: { name: KEY.namespace } });
  return made;
}

function reconcilerOf(own: WatchedCluster, ...others: WatchedCluster[]): Reconciler {
  const peers = () => new Map(others.map((peer) => [peer.name, peer]));
  const sources: Sources = {
    own,
    peers,
    forgotten: () => new Set(),
    losses: new LossTally({ limit: 1, own, peers, allowedUntil: () => 0 }),
    overlay: new Overlay(),
    read: new Overlay(),
    settings: { unionSelector: "strip", endpoints: "mirror" },
    maxEndpoints: 1,
    now: () => 1_000,
  };
  return new Reconciler(sources, { onWrite: () => {}, onNotice: () => {}, onCondition: () => {} });
}

/** A client that answers every patch with this Service. */
function patching(answer: Service) {
  const patched: unknown[] = [];
  const patch = (_path: string, body: unknown) => {
    patched.push(body);
    return Promise.resolve(answer as never);
  };
  return { patched, client: { patch } };
}

test("after a condition is written the Service is looked at again: the answer may bring what nobody tells any more", async () => {
  const { patched, client } = patching(server(3, "union", [IN_SYNC]));
  const reconciler = reconcilerOf(cluster("east", client, server(1, "source", [])));
  assert.equal((await reconciler.reconcile(KEY)).again, true);
  assert.equal(patched.length, 1);
  await reconciler.reconcile(KEY);
  assert.equal(patched.length, 2, "the mode that somebody declared in between is stamped");
});

test("a write of the condition that nobody came in between of brings nothing to look at", async () => {
  const { patched, client } = patching(server(2, "source", [IN_SYNC]));
  const reconciler = reconcilerOf(cluster("east", client, server(1, "source", [])));
  assert.deepEqual([await reconciler.reconcile(KEY), patched.length], [{ again: false }, 1]);
});

test("a Service that says already what is to be said is at rest", async () => {
  const { patched, client } = patching(server(1, "source", [IN_SYNC]));
  const reconciler = reconcilerOf(cluster("east", client, server(1, "source", [IN_SYNC])));
  assert.deepEqual(await reconciler.reconcile(KEY), { again: false });
  assert.deepEqual(patched, []);
});

const missing = (path: string) =>
  Promise.reject(new ApiError({ cluster: "east", path, status: 404, reason: "NotFound", message: "" }));

/** A replica of west in east, and a client of east that knows it. */
function replicaInEast() {
  const replica: Service = {
    metadata: { ...KEY, uid: "web", resourceVersion: "1", labels: { [REPLICA_OF]: "west" } },
    spec: { clusterIP: "10.0.0.1", ports: [{ port: 80 }] },
    status: { conditions: [] },
  };
  const client = {
    ...patching(replica).client,
    get: (path: string) => (path.endsWith("/services/web") ? Promise.resolve(replica as never) : missing(path)),
    list: () => Promise.resolve({ items: [], resourceVersion: "1" } as never),
    create: (_path: string, body: unknown) => Promise.resolve(body as never),
  };
  return cluster("east", client, replica);
}

test("a peer that answers with more than it may say is not one that does not answer", async () => {
  const endpoints = ["10.2.0.1", "10.2.0.2"].map((address) => ({ addresses: [address] }));
  const metadata = { namespace: "shop", name: "web-1", labels: { [SERVICE_NAME]: "web" } };
  const list = (path: string) => {
    const items = path.endsWith("/endpointslices") ? [{ metadata, addressType: "IPv4", endpoints }] : [];
    return Promise.resolve({ items, resourceVersion: "1" } as never);
  };
  const reconciler = reconcilerOf(replicaInEast(), cluster("west", { get: missing, list }));
  assert.equal((await reconciler.reconcile(KEY)).recheckMs, undefined);
});

test("a peer that does not answer while its watches live is asked again, ever more slowly: nothing else tells when it does", async () => {
  const refuse = (path: string) =>
    Promise.reject(new ApiError({ cluster: "west", path, status: 503, reason: "ServiceUnavailable", message: "" }));
  const reconciler = reconcilerOf(replicaInEast(), cluster("west", { get: refuse, list: refuse }));
  const waits: (number | undefined)[] = [];
  for (let i = 0; i < 6; i++) waits.push((await reconciler.reconcile(KEY)).recheckMs);
  assert.deepEqual(waits, [5_000, 10_000, 20_000, 40_000, 80_000, 80_000]);
});
