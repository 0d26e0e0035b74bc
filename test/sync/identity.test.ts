import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import type { Identity } from "../../shared/identity.ts";
import { ApiError } from "../../shared/kube/api-error.ts";
import type { KubeClient } from "../../shared/kube/client.ts";
import { readConfig } from "../../sync/config.ts";
import { publishIdentity, readClusterUid, startIdentity } from "../../sync/identity.ts";

const identity: Identity = {
  clusterName: "east",
  clusterUid: "u-1",
  version: "0.1.0",
  podCIDRs: [],
  scope: { watch: [], exclude: ["kube-system"] },
  settings: { unionSelector: "strip", endpoints: "mirror" },
  peers: ["west", "south"],
  peerUids: { west: "uid-west" },
};
const PATH = "/api/v1/namespaces/ours/configmaps/syndicate-identity";
const DATA = {
  clusterName: "east",
  clusterUid: "u-1",
  version: "0.1.0",
  scope: '{"watch":[],"exclude":["kube-system"]}',
  unionSelector: "strip",
  endpoints: "mirror",
  peers: "south,west",
  peerUids: '{"west":"uid-west"}',
};

interface Written {
  path: string;
  body: { metadata: { resourceVersion?: string }; data: Record<string, string> };
}

function clientWith(objects: Record<string, unknown>): { client: KubeClient; writes: Written[] } {
  const writes: Written[] = [];
  const write = async (path: string, body: never) => {
    writes.push({ path, body });
  };
  const get = async (path: string) => {
    if (Object.hasOwn(objects, path)) return objects[path];
    throw new ApiError({ status: 404, reason: "NotFound", message: "", path, cluster: "east" });
  };
  return { client: { get, create: write, replace: write } as unknown as KubeClient, writes };
}

test("an absent identity is created", async () => {
  const { client, writes } = clientWith({});
  assert.equal(await publishIdentity(client, "ours", identity), "created");
  assert.deepEqual([writes[0]?.path, writes[0]?.body.data], ["/api/v1/namespaces/ours/configmaps", DATA]);
});

test("the same identity is not written again", async () => {
  const { client, writes } = clientWith({ [PATH]: { metadata: { resourceVersion: "7" }, data: { ...DATA } } });
  assert.equal(await publishIdentity(client, "ours", identity), "unchanged");
  assert.deepEqual(writes, []);
});

test("a different identity is replaced at the version it was read in", async () => {
  const old = {
    metadata: { name: "syndicate-identity", resourceVersion: "7" },
    data: { ...DATA, podCIDRs: "10.0.0.0/8" },
  };
  const { client, writes } = clientWith({ [PATH]: old });
  const now = { ...identity, podCIDRs: ["10.1.0.0/16", "fd00::/64"] };
  assert.equal(await publishIdentity(client, "ours", now), "updated");
  assert.equal(writes[0]?.path, PATH);
  assert.equal(writes[0]?.body.metadata.resourceVersion, "7");
  assert.equal(writes[0]?.body.data["podCIDRs"], "10.1.0.0/16,fd00::/64");
});

test("whoever does not lead leaves what is there, and makes what is not", async () => {
  const there = clientWith({ [PATH]: { metadata: { resourceVersion: "7" }, data: { ...DATA, version: "0" } } });
  assert.equal(await publishIdentity(there.client, "ours", identity, false), "unchanged");
  assert.deepEqual(there.writes, []);
  const { client, writes } = clientWith({});
  const known = () => ({ peers: [], peerUids: {}, refusals: new Map() });
  const log = pino({ enabled: false });
  const config = readConfig([], { CLUSTER_NAME: "east", POD_NAMESPACE: "ours" });
  const { published, stop } = startIdentity({ client, config, clusterUid: "u-1", known, isLeader: () => false, log });
  stop();
  await published;
  assert.equal(writes.length, 1);
});

test("the uid is that of kube-system", async () => {
  const { client } = clientWith({
    "/api/v1/namespaces/kube-system": { metadata: { name: "kube-system", uid: "u-1" } },
  });
  assert.equal(await readClusterUid(client), "u-1");
});
