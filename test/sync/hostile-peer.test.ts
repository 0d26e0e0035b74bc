import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SERVICE_NAME } from "../../shared/keys.ts";
import { ApiError } from "../../shared/kube/api-error.ts";
import { createClient, type KubeClient } from "../../shared/kube/client.ts";
import { planService } from "../../shared/protocol/plan.ts";
import { WatchedCluster } from "../../sync/cluster.ts";
import type { ClusterEvents } from "../../sync/cluster-events.ts";
import { gatherCached, gatherLive, NO_MEMORY, type Sources } from "../../sync/gather.ts";
import { Overlay } from "../../sync/overlay.ts";
import { until } from "../shared/kube/reflector-setup.ts";
import { sendJson, startTinyServer } from "../shared/kube/tiny-server.ts";

// One peer that says what no API server says: it is not listened to, and everything else goes on.

const KEY = { namespace: "shop", name: "web" };
const metadata = { ...KEY, uid: "w", resourceVersion: "1", labels: { [SERVICE_NAME]: "web" } };
const SERVICE = { metadata, spec: { ports: [{ port: 80 }] } };
const SLICE = { metadata, addressType: "IPv4", endpoints: [{ addresses: ["10.2.0.1"] }] };

/** What the peer answers: a Service, the items of its lists, or whatever else in place of a list. */
interface Answers {
  service?: unknown;
  services?: unknown;
  slices?: unknown;
}

const own = new WatchedCluster("east", emptyClient(), [], {} as ClusterEvents);
Object.defineProperty(own, "readable", { value: true });

function emptyClient(): KubeClient {
  const get = (path: string) =>
    Promise.reject(new ApiError({ cluster: "east", path, status: 404, reason: "NotFound", message: "" }));
  const list = () => Promise.resolve({ items: [], resourceVersion: "1" });
  return { cluster: "east", get, list } as unknown as KubeClient;
}

/** A list with these items; what is no array is sent in its place. */
function listOf(kind: string, found: unknown = []): unknown {
  return Array.isArray(found) ? { kind, metadata: { resourceVersion: "1" }, items: found } : found;
}

function answerTo(path: string, answers: Answers): unknown {
  if (path === "/apis/discovery.k8s.io") return { versions: [{ version: "v1" }] };
  if (path.endsWith("/services/web")) return answers.service ?? SERVICE;
  if (path.endsWith("/services")) return listOf("ServiceList", answers.services);
  return listOf("EndpointSliceList", answers.slices);
}

/** A peer behind a real server that gives these answers, of which ten objects of a kind are kept. */
async function startPeer(t: { after(call: () => unknown): void }, answers: Answers) {
  const server = await startTinyServer(({ path, query }, response) => {
    if (query.has("watch")) response.writeHead(200).flushHeaders();
    else sendJson(response, answerTo(path, answers));
  });
  const client = createClient({ server: server.url, podCIDRs: [] }, { cluster: "west" });
  const told: string[] = [];
  const peer = new WatchedCluster("west", client, [], {
    scope: { watch: [], exclude: [] },
    isEcho: () => false,
    onReadable: (readable: boolean) => void told.push(readable ? "read" : "not read"),
    onError: () => undefined,
    onKey: () => undefined,
    onChanged: () => undefined,
  } as unknown as ClusterEvents);
  peer.start(false, { objects: 10, bytes: 100_000 });
  t.after(async () => {
    await peer.stop();
    await client.close();
    await server.close();
  });
  const sources = {
    ...{ own, peers: () => new Map([["west", peer]]), forgotten: () => new Set<string>() },
    ...{ overlay: new Overlay(), read: new Overlay(), now: () => 0 },
    settings: { unionSelector: "strip", endpoints: "mirror" },
  } as unknown as Sources;
  return { peer, sources, answers, told };
}

const named = (name: string) => ({ ...SERVICE, metadata: { ...metadata, name } });

describe("a peer with what cannot be read among its objects is in quarantine", () => {
  const rows: [string, Answers, RegExp][] = [
    ["an endpoint of nothing", { slices: [{ ...SLICE, endpoints: [null] }] }, /endpoints of the slice/],
    ["an endpoint without addresses", { slices: [{ ...SLICE, endpoints: [{}] }] }, /endpoints of the slice/],
    ["a slice without anything", { slices: [{}] }, /west .*addressType of the slice/],
    ["ports that are no list", { services: [{ ...SERVICE, spec: { ports: {} } }] }, /ports of spec/],
    ["a Service that is nothing", { services: [null] }, /west \/api\/v1\/services/],
    ["no list at all", { services: {} }, /the answer is no list/],
    ["more than the quota allows", { services: Array.from({ length: 11 }, (_, i) => named(`n${i}`)) }, /10 objects/],
  ];
  for (const [what, answers, why] of rows) {
    test(what, async (t) => {
      const { peer, sources } = await startPeer(t, answers);
      await until(() => peer.quarantine !== undefined, "quarantine");
      const snapshot = gatherCached(sources, KEY, NO_MEMORY);
      const view = snapshot.clusters.get("west");
      assert.match(view?.barred ?? "", why);
      assert.deepEqual([view?.listed, view?.slices], [false, []]);
      planService(snapshot);
    });
  }
});

test("a peer that is whole again is listened to again", async (t) => {
  const { peer, answers, told } = await startPeer(t, { slices: [{ ...SLICE, endpoints: [{}] }] });
  await until(() => peer.quarantine !== undefined, "quarantine");
  answers.slices = [SLICE];
  await until(() => peer.readable, "readable");
  assert.equal(peer.quarantine, undefined);
  assert.deepEqual(told, ["not read", "read"]);
  assert.equal(peer.stores.slices.size, 1);
});

describe("a fresh read of a peer that answers otherwise than its watches leaves it unread, and all others as they are", () => {
  const endless = { kind: "ServiceList", metadata: { resourceVersion: "1", continue: "x" }, items: [SERVICE] };
  const rows: [string, Answers][] = [
    ["the Service is none", { service: { metadata: {} } }],
    ["the Service is another kind of thing", { service: { ...SERVICE, spec: { ports: {} } } }],
    ["the list of shadows is none", { services: {} }],
    ["the list of shadows has no end", { services: endless }],
    ["an item of the list is nothing", { slices: [null] }],
    ["an endpoint is nothing", { slices: [{ ...SLICE, endpoints: [null] }] }],
  ];
  for (const [what, fresh] of rows) {
    test(what, async (t) => {
      const { peer, sources, answers } = await startPeer(t, { services: [SERVICE], slices: [SLICE] });
      await until(() => peer.readable, "readable");
      Object.assign(answers, fresh);
      const { clusters } = await gatherLive(sources, KEY);
      assert.deepEqual([clusters.get("east")?.listed, clusters.get("west")?.listed], [true, false]);
      assert.deepEqual(
        clusters.get("west")?.slices.map(({ endpoints }) => endpoints),
        [SLICE.endpoints],
        "what its watches showed stays",
      );
      assert.equal(gatherCached(sources, KEY, NO_MEMORY).clusters.get("west")?.listed, true);
    });
  }

  test("as one that answers what it may is read", async (t) => {
    const { peer, sources } = await startPeer(t, { services: [SERVICE], slices: [SLICE] });
    await until(() => peer.readable, "readable");
    const { clusters } = await gatherLive(sources, KEY);
    assert.equal(clusters.get("west")?.listed, true);
  });
});
