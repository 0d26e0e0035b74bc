import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatIntent } from "../../../shared/intent.ts";
import { INTENT } from "../../../shared/keys.ts";
import { writeSlice } from "../../model/native.ts";
import type { World } from "../../model/world.ts";
import { declare, runScenario, type Step, startPods, webService } from "./scenario.ts";
import { eastServes, TWO, westPods } from "./steps.ts";

function unready(world: World, cluster: string): void {
  const { pods } = world.cluster(cluster);
  for (const [name, pod] of pods) pods.set(name, { ...pod, ready: false });
}

/** Who is promoted has dropped its label as a replica, and has no selector yet. */
function promote(world: World): void {
  declare(world, "east", "receiver");
  world.reconcile("east");
  world.reconcile("west", 1);
  assert.equal(world.cluster("west").services.get("web")?.spec.selector, undefined);
}

const rows: { name: string; steps: Step[] }[] = [
  {
    name: "a replica stripped just before Kubernetes wrote its slices, while nobody else serves: its pods are tracked again",
    steps: [
      eastServes,
      {
        act: (world) => {
          unready(world, "east");
          world.settle();
          westPods(world);
          const west = world.cluster("west");
          const replica = west.services.get("web");
          assert.ok(replica);
          west.patchService(replica, { spec: { selector: { app: "web" } } });
          const selecting = west.services.get("web");
          world.reconcile("west");
          world.reconcile("west");
          assert.equal(west.services.get("web")?.spec.selector, undefined, "stripped");
          assert.ok(selecting);
          writeSlice(west, selecting);
        },
        expect: { west: { serves: ["w1", "w2"], selects: true, reason: "Holding" } },
      },
      {
        act: (world) => world.cluster("west").pods.delete("w1"),
        expect: { west: { serves: ["w2"], selects: true, reason: "Holding" } },
      },
      {
        act: (world) => {
          for (const pod of world.cluster("east").pods.values()) pod.ready = true;
        },
        expect: { west: { serves: ["e1", "e2"], selects: false, reason: "InSync" } },
      },
    ],
  },
  {
    name: "a move taken back before the new server selected anything: its Endpoints go on following",
    steps: [
      eastServes,
      {
        act: (world) => {
          promote(world);
          declare(world, "east", "source");
        },
        expect: { west: { serves: ["e1", "e2"], mode: "receiver", selects: false } },
      },
      {
        act: (world) => world.cluster("east").pods.delete("e1"),
        expect: { west: { serves: ["e2"] } },
      },
    ],
  },
  {
    name: "a move ended by singular before the new server had copies or Endpoints: it leaves once its Endpoints are right",
    steps: [
      {
        act: (world) => {
          world.cluster("east").createService(webService());
          startPods(world, "east", "e1", "e2");
          world.runNative("east");
          world.reconcile("west", 1);
          promote(world);
          declare(world, "east", "singular");
        },
        expect: { east: { serves: ["e1", "e2"], mode: "singular" }, west: { serves: [], selects: true } },
      },
    ],
  },
  {
    name: "a mode taken away where no own pod is ready: what another cluster still offers stays until one is",
    steps: [
      eastServes,
      {
        // As the webhook stamps it: a mode had come and gone before the sync process looked.
        act: (world) => {
          westPods(world);
          unready(world, "west");
          world.annotate("west", { [INTENT]: formatIntent({ mode: "none", at: "west", time: world.now }) });
        },
        expect: { west: { serves: ["e1", "e2"], selects: true, reason: "Holding" } },
      },
      {
        act: (world) => {
          for (const pod of world.cluster("west").pods.values()) pod.ready = true;
        },
        expect: { west: { serves: ["w1", "w2"], selects: true, reason: "InSync" } },
      },
    ],
  },
];

describe("turning back half-way", () => {
  for (const { name, steps } of rows) {
    it(name, () => {
      const world = runScenario(TWO, steps);
      for (const { name: cluster, endpoints } of world.clusters.values()) {
        const listed = (endpoints.get("web")?.subsets ?? []).flatMap(({ addresses = [] }) => addresses);
        assert.deepEqual(listed.map(({ ip }) => ip).sort(), world.served(cluster), `Endpoints in ${cluster}`);
        const written = world.log.filter((line) => line.startsWith(`${cluster}: `));
        const left = written.findLastIndex((line) => line.includes("takes no part any more"));
        assert.deepEqual(left < 0 ? [] : written.slice(left + 1), [], `written to ${cluster} after it left`);
      }
    });
  }
});
