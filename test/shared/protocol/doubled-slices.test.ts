import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Endpoint, EndpointSlice } from "../../../shared/kube/objects.ts";
import { planService } from "../../../shared/protocol/plan.ts";
import type { ClusterView } from "../../../shared/protocol/snapshot.ts";
import { replicated } from "./scenario.ts";

// Slices made anew under the same name, endpoints that stand in two slices at once, copies whose owner is of another time.

const before = replicated();
const [east, west] = ["east", "west"].map((name) => before.clusters.get(name)) as [ClusterView, ClusterView];
const [source] = east.slices as [EndpointSlice];
const [copy] = west.slices as [EndpointSlice];

function withSlices(view: ClusterView, ...slices: EndpointSlice[]): ClusterView {
  return { ...view, slices };
}

/** What is written to slices when the clusters look like this. */
function writesFor(...views: ClusterView[]) {
  const clusters = new Map([...before.clusters, ...views.map((view) => [view.name, view] as const)]);
  return planService({ ...before, clusters }).writes.filter(({ resource }) => resource === "endpointslices");
}

/** The slice as it is when somebody has deleted it and made it again. */
function again(slice: EndpointSlice, changes: Partial<EndpointSlice> = {}): EndpointSlice {
  return { ...slice, metadata: { ...slice.metadata, uid: "another", resourceVersion: "9999" }, ...changes };
}

function endpoint(ip: string, ready: boolean): Endpoint {
  return { addresses: [ip], conditions: { ready } };
}

/** Addresses and their readiness in what a write leaves. */
function written(write: ReturnType<typeof writesFor>[number] | undefined): unknown[] {
  assert.ok(write && "body" in write, JSON.stringify(write));
  return ((write.body as EndpointSlice).endpoints ?? []).map(({ addresses, conditions }) => [
    addresses[0],
    conditions?.ready,
  ]);
}

describe("a source slice that was deleted and made again", () => {
  test("with the same content: nothing is written", () => {
    assert.deepEqual(writesFor(withSlices(east, again(source))), []);
  });

  test("with other endpoints: its copy is updated in place", () => {
    const [write, ...others] = writesFor(withSlices(east, again(source, { endpoints: [endpoint("10.1.0.9", true)] })));
    assert.deepEqual(others, []);
    assert.deepEqual([write?.verb, write?.name], ["update", copy.metadata.name]);
    assert.deepEqual(written(write), [["10.1.0.9", true]]);
  });
});

describe("an endpoint in two slices at once, as while Kubernetes packs anew", () => {
  const second = { ...source, metadata: { ...source.metadata, name: "web-second", uid: "second" } };

  test("each slice has its copy, and none is touched twice", () => {
    const [write, ...others] = writesFor(withSlices(east, source, second));
    assert.deepEqual(others, []);
    assert.equal(write?.verb, "create");
    assert.notEqual(write?.name, copy.metadata.name);
    const both = withSlices(west, copy, (write as { body: EndpointSlice }).body);
    assert.deepEqual(writesFor(withSlices(east, source, second), both), []);
  });

  test("ready in one and not in the other: ready in both copies", () => {
    const [ready, unready] = [true, false].map((is) => [endpoint("10.1.0.1", is)]) as [Endpoint[], Endpoint[]];
    for (const [first, other] of [
      [ready, unready],
      [unready, ready],
    ] as const) {
      const slices = [
        { ...source, endpoints: first },
        { ...second, endpoints: other },
      ];
      const writes = writesFor(withSlices(east, ...slices)).map(written);
      assert.deepEqual(writes, [[["10.1.0.1", true]], [["10.1.0.1", true]]]);
    }
  });

  test("it leaves one of them: that copy goes or changes, the other stays as it is", () => {
    const both = withSlices(west, copy, {
      ...copy,
      metadata: { ...copy.metadata, name: "web-copy-of-second", uid: "copy-of-second" },
    });
    const [removed, ...others] = writesFor(withSlices(east, source), both);
    assert.deepEqual(others, []);
    assert.deepEqual([removed?.verb, removed?.name, removed?.live], ["delete", "web-copy-of-second", true]);
  });
});

describe("a copy", () => {
  test("whose owner is the Service that was there before is given to the one there is", () => {
    const [owner] = copy.metadata.ownerReferences ?? [];
    const orphaned = { ...copy, metadata: { ...copy.metadata, ownerReferences: [{ ...owner, uid: "former" }] } };
    const [write, ...others] = writesFor(withSlices(west, orphaned as EndpointSlice));
    assert.deepEqual(others, []);
    assert.ok(write?.verb === "update");
    assert.equal(write.body.metadata.ownerReferences?.[0]?.uid, west.service?.metadata.uid);
  });

  test("that somebody deleted is made again, and one that was made again by hand is taken as it is", () => {
    assert.deepEqual(
      writesFor(withSlices(west)).map(({ verb, name }) => [verb, name]),
      [["create", copy.metadata.name]],
    );
    assert.deepEqual(writesFor(withSlices(west, again(copy))), []);
  });
});
