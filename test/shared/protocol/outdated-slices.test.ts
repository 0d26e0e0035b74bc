/** What slices said when the selector was taken away is not what is true when it comes back. Found by exploration. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Intent, parseIntent } from "../../../shared/intent.ts";
import { INTENT } from "../../../shared/keys.ts";
import { annotation, type EndpointSlice, type Service } from "../../../shared/kube/objects.ts";
import { copyName } from "../../../shared/names.ts";
import { contribution, readyAddresses } from "../../../shared/protocol/contribution.ts";
import { sourceOf } from "../../../shared/protocol/copies.ts";
import { planService } from "../../../shared/protocol/plan.ts";
import { serverReadiness } from "../../../shared/protocol/readiness.ts";
import type { ClusterView, Snapshot } from "../../../shared/protocol/snapshot.ts";
import { hasSelector } from "../../../shared/selector.ts";
import { World } from "../../model/world.ts";
import { addressOf, declare, startPods } from "./scenario.ts";
import { eastServes, union } from "./steps.ts";

/** East serves after a union: it has its selector back, its shadow still, and Kubernetes has written the slices of both. */
function backInEast(): World {
  const world = new World("east", "west");
  for (const { act } of [eastServes, union]) {
    act(world);
    world.settle();
  }
  declare(world, "east", "source");
  for (const east = world.cluster("east"); !hasSelector(east.services.get("web")); ) {
    for (const name of ["east", "west"]) world.reconcile(name, 1);
  }
  world.runNative("east");
  return world;
}

function viewOf(snapshot: Snapshot, name: string): ClusterView {
  return snapshot.clusters.get(name) as ClusterView;
}

function change(snapshot: Snapshot, name: string, changes: Partial<ClusterView>): Snapshot {
  return { ...snapshot, clusters: new Map([...snapshot.clusters, [name, { ...viewOf(snapshot, name), ...changes }]]) };
}

/** These pods of east in a slice, and whether each is ready. */
function withPods(slices: readonly EndpointSlice[], pods: Record<string, boolean>): EndpointSlice[] {
  const endpoints = Object.entries(pods).map(([pod, ready]) => ({
    addresses: [addressOf(pod)],
    conditions: { ready },
  }));
  return slices.map((slice) => ({ ...slice, endpoints }));
}

interface Row {
  name: string;
  native: Record<string, boolean>;
  shadow: Record<string, boolean>;
  /** Ready in what east contributes. */
  ready: string[];
  /** Whether east's copies of its shadow may go, and the shadow after them. */
  retires: boolean;
}

const rows: Row[] = [
  {
    name: "both agree",
    native: { e1: true, e2: false },
    shadow: { e1: true, e2: false },
    ready: ["e1"],
    retires: true,
  },
  {
    name: "a pod turned unready while the selector was away",
    native: { e1: true, e2: true },
    shadow: { e1: false, e2: true },
    ready: ["e2"],
    retires: false,
  },
  {
    name: "a pod has gone meanwhile",
    native: { e1: true, e2: true },
    shadow: { e2: true },
    ready: ["e2"],
    retires: false,
  },
  {
    name: "a pod turned ready meanwhile",
    native: { e1: false, e2: true },
    shadow: { e1: true, e2: true },
    ready: ["e1", "e2"],
    retires: false,
  },
  {
    name: "the only pod turned unready meanwhile",
    native: { e1: true },
    shadow: { e1: false },
    ready: [],
    retires: false,
  },
];

describe("a selector that came back", () => {
  for (const { name, native, shadow, ready, retires } of rows) {
    test(name, () => {
      const snapshot = backInEast().snapshot("east");
      const east = viewOf(snapshot, "east");
      const own = east.slices.filter((slice) => !slice.metadata.name.includes("native"));
      const natives = withPods(
        east.slices.filter((slice) => !own.includes(slice)),
        native,
      );
      const changed = change(snapshot, "east", {
        slices: [...own, ...natives],
        shadowSlices: withPods(east.shadowSlices, shadow),
      });
      const view = viewOf(changed, "east");
      assert.deepEqual([...readyAddresses(contribution(view).slices)].sort(), ready.map(addressOf));
      const intent = parseIntent(annotation(view.service as Service, INTENT)) as Intent;
      const since = { ...changed, since: Object.assign(new Map(), { get: () => 0 }) };
      assert.equal(serverReadiness(since, intent).ready, ready.length > 0);
      const dropped = planService(since).writes.some(({ reason }) =>
        /^the endpoints of east are not needed/.test(reason),
      );
      assert.equal(dropped, retires);
    });
  }

  test("until Kubernetes has written the slices of a shadow, those of the Service count", () => {
    const east = { ...viewOf(backInEast().snapshot("east"), "east"), shadowSlices: [] };
    assert.deepEqual([...readyAddresses(contribution(east).slices)].sort(), ["e1", "e2"].map(addressOf));
  });
});

describe("a peer whose Services are known and whose slices are not yet", () => {
  const world = backInEast();
  startPods(world, "west", "w2");
  const before = world.snapshot("west");
  const name = copyName("web", "east", "web-native");
  const slices = viewOf(before, "west").slices.map((slice) =>
    sourceOf(slice) === "east" ? { ...slice, metadata: { ...slice.metadata, name } } : slice,
  );
  const snapshot = change(before, "west", { slices });
  const east = viewOf(snapshot, "east");
  const outdated = east.slices.map((slice) => withPods([slice], { e1: true })[0] as EndpointSlice);

  /** Updates of west's copy while it sees east without a shadow, and these slices of one. */
  function losing(shadowSlices: readonly EndpointSlice[]) {
    const { shadow: _shadow, ...view } = { ...east, slices: outdated, shadowSlices };
    const { writes } = planService({ ...snapshot, clusters: new Map(snapshot.clusters).set("east", view) });
    return writes.filter(({ verb, reason }) => verb === "update" && reason === "copy of east");
  }

  test("a copy loses what slices of a shadow that is gone still offer after fresh reads only", () => {
    const [write, ...others] = losing(east.shadowSlices);
    assert.ok(write?.live);
    assert.deepEqual(others, []);
  });

  test("a copy loses what a slice newer than the shadow's offers after fresh reads only", () => {
    const slices = withPods(east.slices, { e1: false, e2: true });
    const view = { ...east, slices, shadowSlices: withPods(east.shadowSlices, { e1: true }) };
    const { writes } = planService({ ...snapshot, clusters: new Map(snapshot.clusters).set("east", view) });
    const [write] = writes.filter(({ verb, reason }) => verb === "update" && reason === "copy of east");
    assert.ok(write?.live);
  });

  test("with the slices gone as well there is no doubt", () => {
    const [write] = losing([]);
    assert.ok(write && !write.live);
  });
});

describe("a source in a union whose pods turn unready", () => {
  const world = new World("east", "west");
  for (const { act } of [eastServes, union]) {
    act(world);
    world.settle();
  }
  const snapshot = world.snapshot("west");

  /** What west writes once these pods of `name` are ready or not. */
  function writesFor(name: string, pods: Record<string, boolean>) {
    const { shadowSlices } = viewOf(snapshot, name);
    const { writes } = planService(change(snapshot, name, { shadowSlices: withPods(shadowSlices, pods) }));
    return writes.filter(({ reason }) => reason === `copy of ${name}`);
  }

  const sources = { east: ["e1", "e2"], west: ["w1"] };
  for (const [name, pods] of Object.entries(sources)) {
    test(`the last one of ${name} goes after fresh reads, though the other cluster still has some`, () => {
      const [write, ...others] = writesFor(name, Object.fromEntries(pods.map((pod) => [pod, false])));
      assert.ok(write?.live);
      assert.deepEqual(others, []);
    });
  }

  test("one that leaves others of its cluster goes at once", () => {
    assert.deepEqual(
      writesFor("east", { e1: false, e2: true }).map(({ live }) => live),
      [undefined],
    );
  });
});
