import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MANAGED_BY, NATIVE_MANAGER, SERVICE_NAME, SHADOW_OF } from "../../shared/keys.ts";
import type { KubeClient } from "../../shared/kube/client.ts";
import type { EndpointSlice, Service } from "../../shared/kube/objects.ts";
import { ownView } from "../../shared/protocol/snapshot.ts";
import { WatchedCluster } from "../../sync/cluster.ts";
import type { ClusterEvents } from "../../sync/cluster-events.ts";
import { gatherCached, NO_MEMORY, type Sources } from "../../sync/gather.ts";
import { LossTally } from "../../sync/loss-tally.ts";
import { Overlay } from "../../sync/overlay.ts";

// What a pass sees of objects that were deleted and made again under the same name, and of our own writes laid over them.

const KEY = { namespace: "shop", name: "web" };

function service(uid: string, version: string, name = "web", labels: Record<string, string> = {}): Service {
  const metadata = { name, namespace: "shop", uid, resourceVersion: version, labels };
  return { metadata, spec: { ports: [{ port: 80 }] } };
}

function slice(name: string, uid: string, version: string, of = "web"): EndpointSlice {
  const labels = { [SERVICE_NAME]: of, [MANAGED_BY]: NATIVE_MANAGER };
  return {
    metadata: { name, namespace: "shop", uid, resourceVersion: version, labels },
    addressType: "IPv4",
    endpoints: [],
  };
}

function shadow(uid: string, owner: string): Service {
  const made = service(uid, "1", "web-syndicate", { [SHADOW_OF]: "web" });
  const ownerReferences = [{ apiVersion: "v1", kind: "Service", name: "web", uid: owner }];
  return { ...made, metadata: { ...made.metadata, ownerReferences } };
}

/** The own cluster with empty caches that no watch fills; `showUpTo` says how far they show everything. */
function emptyCluster() {
  let shown = 0;
  const showUpTo = (version: number) => {
    shown = version;
  };
  const own = Object.assign(new WatchedCluster("east", {} as KubeClient, [], {} as ClusterEvents), {
    shown: () => shown,
  });
  const overlay = new Overlay();
  const sources: Sources = {
    own,
    peers: () => new Map(),
    forgotten: () => new Set(),
    losses: new LossTally({ limit: 1, own, peers: () => new Map(), allowedUntil: () => 0 }),
    overlay,
    read: new Overlay(),
    settings: { unionSelector: "strip", endpoints: "mirror" },
    now: () => 1_000,
  };
  const look = () => ownView(gatherCached(sources, KEY, NO_MEMORY));
  return { stores: own.stores, overlay, look, showUpTo };
}

const uids = (slices: readonly EndpointSlice[]) => slices.map(({ metadata }) => metadata.uid);

describe("objects that were made again", () => {
  test("a slice told twice, or with another uid, is seen once and as it was told last", () => {
    const { stores, look } = emptyCluster();
    stores.services.set(service("s1", "1"));
    stores.slices.set(slice("web-abc", "u1", "2"));
    stores.slices.set(slice("web-abc", "u1", "2"));
    assert.deepEqual(uids(look().slices), ["u1"]);
    stores.slices.set(slice("web-abc", "u2", "5"));
    assert.deepEqual(uids(look().slices), ["u2"]);
  });

  test("a slice made again for another Service is seen there alone", () => {
    const { stores, look } = emptyCluster();
    stores.slices.set(slice("web-abc", "u1", "2"));
    stores.slices.set(slice("web-abc", "u2", "3", "other"));
    assert.deepEqual(look().slices, []);
  });

  test("what we wrote to a slice or a Service is not laid over the one that took its name", () => {
    const { stores, overlay, look, showUpTo } = emptyCluster();
    stores.services.set(service("s1", "1"));
    stores.slices.set(slice("web-abc", "u1", "2"));
    overlay.written("shop/web", "services", service("s1", "7"), 0);
    overlay.written("shop/web", "endpointslices", slice("web-abc", "u1", "8"), 0);
    assert.deepEqual([look().service?.metadata.resourceVersion, uids(look().slices)], ["7", ["u1"]]);
    stores.services.set(service("s2", "9"));
    stores.slices.set(slice("web-abc", "u2", "10"));
    showUpTo(10);
    assert.deepEqual([look().service?.metadata.uid, uids(look().slices)], ["s2", ["u2"]]);
  });

  test("what we deleted is not seen, what took its name is", () => {
    const { stores, overlay, look } = emptyCluster();
    stores.slices.set(slice("web-abc", "u1", "2"));
    overlay.deleted("shop/web", "endpointslices", "shop/web-abc", "u1", 0);
    assert.deepEqual(look().slices, []);
    stores.slices.set(slice("web-abc", "u2", "5"));
    assert.deepEqual(uids(look().slices), ["u2"]);
  });
});

test("a shadow that belongs to the Service before counts as absent; its slices are seen as long as they are there", () => {
  const { stores, look } = emptyCluster();
  stores.services.set(service("s1", "1"));
  stores.services.set(shadow("h1", "s1"));
  stores.slices.set(slice("web-syndicate-abc", "u1", "2", "web-syndicate"));
  assert.deepEqual([look().shadow?.metadata.uid, uids(look().shadowSlices)], ["h1", ["u1"]]);
  stores.services.set(service("s2", "3"));
  assert.deepEqual([look().shadow, uids(look().shadowSlices)], [undefined, ["u1"]]);
  stores.slices.delete("shop/web-syndicate-abc");
  assert.deepEqual(look().shadowSlices, []);
});
