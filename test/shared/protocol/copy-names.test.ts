import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndpointSlice } from "../../../shared/kube/objects.ts";
import { planService } from "../../../shared/protocol/plan.ts";
import type { ClusterView, Snapshot } from "../../../shared/protocol/snapshot.ts";
import { replicated } from "./scenario.ts";

// A source slice goes and another one comes, as when somebody makes it anew under another name.

function viewOf(snapshot: Snapshot, name: string): ClusterView {
  return snapshot.clusters.get(name) as ClusterView;
}

function withSlices(snapshot: Snapshot, name: string, slices: readonly EndpointSlice[]): Snapshot {
  const view = { ...viewOf(snapshot, name), slices: [...slices] };
  return { ...snapshot, clusters: new Map([...snapshot.clusters, [name, view]]) };
}

/** The same slice, made anew under this name with this address and perhaps another type. */
function anew(
  slice: EndpointSlice,
  name: string,
  address: string,
  changes: Partial<EndpointSlice> = {},
): EndpointSlice {
  const metadata = { ...slice.metadata, name, uid: name };
  return { ...slice, metadata, endpoints: [{ addresses: [address], conditions: { ready: true } }], ...changes };
}

const before = replicated();
const [source] = viewOf(before, "east").slices as [EndpointSlice];
const [copy] = viewOf(before, "west").slices as [EndpointSlice];

/** The writes to slices once these are the slices of the source. */
function writesFor(snapshot: Snapshot, ...slices: EndpointSlice[]) {
  const { writes } = planService(withSlices(snapshot, "east", slices));
  return writes.filter(({ resource }) => resource === "endpointslices");
}

test("the copy of a slice that went becomes the copy of the one that came, judged live, and stays it", () => {
  const next = anew(source, "web-other", "10.1.0.7");
  const [write, ...others] = writesFor(before, next);
  assert.ok(write?.verb === "update" && write.live);
  assert.deepEqual(others, []);
  assert.equal(write.name, copy.metadata.name);
  const after = withSlices(before, "west", [write.body as EndpointSlice]);
  assert.deepEqual(writesFor(after, next), []);
  const [changed] = writesFor(after, anew(source, "web-other", "10.1.0.8"));
  assert.ok(changed?.verb === "update");
  assert.equal(changed.name, copy.metadata.name);
});

test("one that already says what is wanted is taken before any other", () => {
  const [first, second] = [anew(source, "a", "10.1.0.7"), anew(source, "b", "10.1.0.8")];
  const [write] = writesFor(before, second);
  assert.ok(write?.verb === "update");
  const after = withSlices(before, "west", [write.body as EndpointSlice]);
  const [created, ...others] = writesFor(after, first, second);
  assert.ok(created?.verb === "create");
  assert.deepEqual(created.body && (created.body as EndpointSlice).endpoints?.[0]?.addresses, ["10.1.0.7"]);
  assert.deepEqual(others, []);
});

test("a slice of another address type is created, and the old copy goes after", () => {
  const verbs = writesFor(before, anew(source, "web-six", "fd00::1", { addressType: "IPv6" })).map(({ verb }) => verb);
  assert.ok(!verbs.includes("update"), verbs.join());
});

test("a slice that comes beside the old one is created", () => {
  const writes = writesFor(before, source, anew(source, "web-other", "10.1.0.7"));
  assert.deepEqual(
    writes.map(({ verb }) => verb),
    ["create"],
  );
});

test("a copy gives an endpoint of another slice away once that has a copy of its own", () => {
  const other = anew(source, "web-other", "10.1.0.7");
  const [write] = writesFor(before, other);
  assert.ok(write?.verb === "update");
  const after = withSlices(before, "west", [write.body as EndpointSlice]);
  // Seen again by a watch of Services that lags behind the one of slices, and nothing in it is ready.
  const unready = { ...source, endpoints: [{ addresses: ["10.1.0.1"], conditions: { ready: false } }] };
  const writes = writesFor(after, unready, other);
  assert.deepEqual(
    writes.map(({ verb, name }) => `${verb} ${name === copy.metadata.name ? "the copy there was" : "another"}`),
    ["create another", "update the copy there was"],
  );
});
