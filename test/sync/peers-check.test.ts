import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../shared/kube/reflector-setup.ts";
import { startPeerServer, startPeers } from "./peers-setup.ts";

// What is behind the kubeconfig of a connected peer is looked at again every minute, whatever else becomes of the file.

const OTHER =
  "west refused: it is another cluster than before (u-other, was u-west); to take it all the same, forget west first";

test("another cluster under a known name is refused, and what was known of it stays", async (t) => {
  const west = await startPeerServer(t, "u-west");
  const { peers, told, look } = await startPeers(t, { west: west.kubeconfig }, { checkMs: 0 });
  await until(() => peers.clusters.get("west")?.readable === true, "west is read");
  const known = peers.clusters.get("west");
  west.uid = "u-other";
  await look();
  assert.deepEqual([told, peers.credentials.size], [[OTHER], 0]);
  assert.equal(peers.clusters.get("west"), known);
  assert.equal(known?.readable, false);
});

test("with each look nobody is asked, but with one after a minute", async (t) => {
  const west = await startPeerServer(t, "u-west");
  const { told, look } = await startPeers(t, { west: west.kubeconfig });
  west.uid = "u-other";
  await look();
  assert.deepEqual([told, west.asked], [[], 1]);
  const { now } = performance;
  t.mock.method(performance, "now", () => now.call(performance) + 60_001);
  await look();
  assert.deepEqual([told, west.asked > 1], [[OTHER], true]);
});

test("another cluster is refused as well while a new kubeconfig of it is", async (t) => {
  const west = await startPeerServer(t, "u-west");
  const { peers, told, look, write } = await startPeers(t, { west: west.kubeconfig }, { checkMs: 0 });
  write("west", "nothing");
  await look();
  assert.match(told.join(), /^west refused: new kubeconfig not used: /);
  assert.ok(peers.credentials.has("west"));
  west.uid = "u-other";
  await look();
  assert.ok(told.includes(OTHER), told.join("\n"));
  assert.equal(peers.credentials.size, 0);
});

test("a peer that does not say who it is is followed on, and that is told once", async (t) => {
  const west = await startPeerServer(t, "u-west");
  const { peers, told, look } = await startPeers(t, { west: west.kubeconfig }, { checkMs: 0 });
  await until(() => peers.clusters.get("west")?.readable === true, "west is read");
  west.refuse = 403;
  await look();
  assert.match(told.join(), /^west unchecked: west \/api\/v1\/namespaces\/kube-system: .*HTTP 403/);
  await look();
  assert.equal(told.length, 1);
  assert.equal(peers.clusters.get("west")?.readable, true);
  west.refuse = undefined;
  await look();
  west.refuse = 403;
  await look();
  assert.equal(told.length, 2);
});

test("a forgotten name that cannot be taken off the list keeps nobody from being followed", async (t) => {
  const south = await startPeerServer(t, "u-south");
  const keep = (name: string) => (name === "west" ? Promise.reject(new Error("etcd is full")) : Promise.resolve());
  const { peers, told } = await startPeers(
    t,
    { south: south.kubeconfig },
    { known: { load: async () => new Map([["west", "u-west"]]), keep }, forgotten: () => new Set(["west"]) },
  );
  assert.deepEqual([...peers.clusters.keys()], ["south"]);
  assert.deepEqual(told, ["error: etcd is full"]);
});
