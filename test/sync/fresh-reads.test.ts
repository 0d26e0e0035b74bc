import assert from "node:assert/strict";
import { test } from "node:test";
import { SERVICE_NAME } from "../../shared/keys.ts";
import { ApiError } from "../../shared/kube/api-error.ts";
import type { KubeClient } from "../../shared/kube/client.ts";
import type { EndpointSlice, Service } from "../../shared/kube/objects.ts";
import { WatchedCluster } from "../../sync/cluster.ts";
import { gatherCached, gatherLive, NO_MEMORY, type Sources } from "../../sync/gather.ts";
import { Overlay } from "../../sync/overlay.ts";

const KEY = { namespace: "shop", name: "web" };

function service(version: number): Service {
  return { metadata: { ...KEY, uid: "web", resourceVersion: `${version}` }, spec: {} };
}

function slice(name: string, version: number): EndpointSlice {
  const metadata = { namespace: "shop", name, uid: name, labels: { [SERVICE_NAME]: "web" } };
  return { metadata: { ...metadata, resourceVersion: `${version}` }, addressType: "IPv4", endpoints: [], ports: [] };
}

/** A cluster whose caches hold one thing while its API server answers another. */
function cluster(name: string, cached: EndpointSlice[], stored: EndpointSlice[]) {
  const events = { scope: { watch: [], exclude: [] }, isEcho: () => false } as unknown as ConstructorParameters<
    typeof WatchedCluster
  >[3];
  const client = {
    get: (path: string) =>
      path.endsWith("/services/web")
        ? Promise.resolve(service(2))
        : Promise.reject(new ApiError({ status: 404, reason: "NotFound", message: "", path, cluster: name })),
    list: (path: string) => Promise.resolve({ items: path.endsWith("/services") ? [] : stored, resourceVersion: "9" }),
  } as unknown as KubeClient;
  const { stores } = new WatchedCluster(name, client, [], events);
  stores.services.set(service(1));
  for (const one of cached) stores.slices.set(one);
  const fake = { name, client, stores, readable: true, podCIDRs: [], version: 1, shown: () => fake.version };
  return fake as unknown as WatchedCluster & { version: number };
}

function sourcesOf(own: WatchedCluster, peer: WatchedCluster): Sources {
  return {
    ...{ own, peers: () => new Map([[peer.name, peer]]), forgotten: () => new Set<string>() },
    ...{ overlay: new Overlay(), read: new Overlay(), settings: {}, now: () => 0 },
  } as unknown as Sources;
}

function seenIn(sources: Sources, name: string): string[] {
  const view = gatherCached(sources, KEY, NO_MEMORY).clusters.get(name);
  const objects = [...(view?.service ? [view.service] : []), ...(view?.slices ?? [])];
  return objects.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).sort();
}

test("what was read afresh is seen in place of caches that are behind, and until they are not", async () => {
  const peer = cluster("west", [slice("kept", 1), slice("gone", 1)], [slice("kept", 3), slice("came", 4)]);
  const sources = sourcesOf(cluster("east", [], []), peer);
  assert.deepEqual(seenIn(sources, "west"), ["gone 1", "kept 1", "web 1"]);
  await gatherLive(sources, KEY);
  assert.deepEqual(seenIn(sources, "west"), ["came 4", "kept 3", "web 2"]);
  assert.deepEqual(seenIn(sources, "east"), ["web 2"], "the own cluster is read as well");
  peer.stores.slices.set(slice("kept", 2));
  peer.stores.services.set(service(2));
  peer.version = 2;
  assert.deepEqual(seenIn(sources, "west"), ["came 4", "kept 3", "web 2"], "slices are still behind");
  peer.stores.slices.set(slice("kept", 5));
  peer.version = 5;
  assert.deepEqual(seenIn(sources, "west"), ["kept 5", "web 2"], "what came has gone again, unseen by any pass");
});

test("a cache that has caught up says what there is from then on", async () => {
  const peer = cluster("west", [], [slice("came", 4)]);
  const sources = sourcesOf(cluster("east", [], []), peer);
  await gatherLive(sources, KEY);
  peer.stores.services.set(service(2));
  peer.stores.slices.set(slice("came", 4));
  peer.version = 4;
  assert.deepEqual(seenIn(sources, "west"), ["came 4", "web 2"]);
  peer.stores.slices.delete("shop/came");
  assert.deepEqual(seenIn(sources, "west"), ["web 2"]);
});
