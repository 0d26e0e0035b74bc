import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ADOPT, SUCCESSOR } from "../../../shared/keys.ts";
import type { World } from "../../model/world.ts";
import { declare, runScenario, type Step, startPods, webService } from "./scenario.ts";
import { eastServes, TWO, toWest, twoOwn, union, westPods } from "./steps.ts";

/** Controllers and sync processes in turn, one write at a time, until the latest line of the log says this. */
function playUntil(world: World, line: RegExp): void {
  for (let round = 0; round < 200; round++) {
    for (const name of world.clusters.keys()) {
      world.runNative(name);
      world.reconcile(name, 1);
      if (line.test(world.log.at(-1) ?? "")) return;
    }
    world.wait(1_000);
  }
  assert.fail(`never seen: ${line}`);
}

const rows: { name: string; clusters?: string[]; steps: Step[] }[] = [
  {
    name: "singular on the source removes the replicas",
    steps: [
      eastServes,
      {
        act: (world) => declare(world, "east", "singular"),
        mayEmpty: true,
        expect: { east: { serves: ["e1", "e2"], mode: "singular" }, west: { exists: false } },
      },
    ],
  },
  {
    name: "singular on a replica means singular at its origin",
    steps: [
      eastServes,
      {
        act: (world) => declare(world, "west", "singular"),
        mayEmpty: true,
        expect: { east: { serves: ["e1", "e2"], mode: "singular" }, west: { exists: false } },
      },
    ],
  },
  {
    name: "singular on a replica whose origin is then deleted: it does not wait for ever",
    steps: [
      eastServes,
      {
        act: (world) => {
          declare(world, "west", "singular");
          world.reconcile("west");
          world.cluster("east").services.delete("web");
        },
        mayEmpty: true,
        expect: { east: { exists: false }, west: { exists: false } },
      },
    ],
  },
  {
    name: "singular on a replica waits for an origin whose sync process is down",
    steps: [
      eastServes,
      {
        act: (world) => {
          declare(world, "west", "singular");
          for (let pass = 0; pass < 5; pass++) world.reconcile("west");
          assert.deepEqual(world.served("west"), ["10.1.0.1", "10.1.0.2"]);
        },
        mayEmpty: true,
        expect: { east: { serves: ["e1", "e2"], mode: "singular" }, west: { exists: false } },
      },
    ],
  },
  {
    name: "created as singular it is never replicated",
    steps: [
      {
        act: (world) => {
          world.cluster("east").createService(webService({ annotations: { "vmware.com/syndicate-mode": "singular" } }));
          startPods(world, "east", "e1");
        },
        expect: { east: { serves: ["e1"], mode: "singular" }, west: { exists: false } },
      },
    ],
  },
  ...["east", "west"].map((side) => ({
    name: `singular on ${side} after a completed move leaves two Services on their own`,
    steps: [
      eastServes,
      union,
      toWest,
      {
        act: (world: World) => declare(world, side, "singular"),
        expect: {
          east: {
            serves: ["e1", "e2"],
            selects: true,
            services: ["web"],
            mode: side === "east" ? "singular" : undefined,
          },
          west: {
            serves: ["w1", "w2"],
            selects: true,
            services: ["web"],
            mode: side === "west" ? "singular" : undefined,
          },
        },
      },
    ],
  })),
  {
    name: "two own Services: nothing is written to the one that was not asked",
    steps: [
      twoOwn(),
      {
        act: (world) => declare(world, "east", "union"),
        expect: {
          east: { reason: "Conflict", message: /west/, serves: ["e1", "e2"] },
          west: { serves: ["w1", "w2"], mode: undefined, selects: true, services: ["web"] },
        },
      },
    ],
  },
  {
    name: "two own Services: with the declarer's word the other joins",
    steps: [
      twoOwn(),
      {
        act: (world) => declare(world, "east", "union", { [ADOPT]: "west" }),
        expect: { west: { serves: ["e1", "e2", "w1", "w2"], mode: "union", selects: false, reason: "InSync" } },
      },
      toWest,
    ],
  },
  {
    name: "two own Services: both declare",
    steps: [
      twoOwn(),
      {
        act: (world) => {
          declare(world, "east", "union");
          declare(world, "west", "union");
        },
        expect: { east: { serves: ["e1", "e2", "w1", "w2"] }, west: { serves: ["e1", "e2", "w1", "w2"] } },
      },
      toWest,
    ],
  },
  {
    name: "an illegal transition is put back",
    steps: [
      eastServes,
      { act: (world) => declare(world, "east", "receiver", { [SUCCESSOR]: "west" }) },
      { act: (world) => declare(world, "east", null), expect: { east: { mode: "receiver" } } },
      { act: (world) => declare(world, "west", "sorce"), expect: { west: { mode: "source" } } },
    ],
  },
  {
    name: "the origin deleted takes its replicas along, and comes back with them",
    steps: [
      eastServes,
      {
        act: (world) => world.cluster("east").services.delete("web"),
        mayEmpty: true,
        expect: { west: { exists: false } },
      },
      { act: (world) => world.cluster("east").createService(webService()), expect: { west: { serves: ["e1", "e2"] } } },
    ],
  },
  {
    name: "the server deleted after a move: the released side waits, and follows again when it is back",
    steps: [
      eastServes,
      union,
      toWest,
      {
        act: (world) => world.cluster("west").services.delete("web"),
        mayEmpty: true,
        expect: { east: { exists: true, reason: "Orphaned" }, west: { exists: false } },
      },
      {
        act: (world) => world.cluster("west").createService(webService()),
        expect: { east: { serves: ["w1", "w2"], mode: "receiver" }, west: { serves: ["w1", "w2"], mode: "source" } },
      },
    ],
  },
  {
    name: "the server deleted within the release: the old side takes it back, until the server is there again",
    steps: [
      eastServes,
      {
        act: (world) => {
          westPods(world);
          declare(world, "east", "receiver");
          playUntil(world, /patch services.web .released/);
          world.cluster("west").services.delete("web");
        },
        expect: { east: { serves: ["w1", "w2"], mode: "receiver" }, west: { serves: ["w1", "w2"], mode: "source" } },
      },
    ],
  },
  {
    name: "a selector put on a replica stays while the copies are about to say that nobody else serves",
    steps: [
      eastServes,
      {
        act: (world) => {
          westPods(world);
          const replica = world.cluster("west").services.get("web");
          if (replica) world.cluster("west").patchService(replica, { spec: { selector: { app: "web" } } });
          world.runNative("west");
          world.reconcile("west");
          for (const [ip, pod] of world.cluster("east").pods)
            world.cluster("east").pods.set(ip, { ...pod, ready: false });
          world.runNative("east");
        },
        expect: { west: { serves: ["w1", "w2"], selects: true, reason: "Holding" } },
      },
    ],
  },
  {
    name: "an unreadable peer is kept as it is",
    steps: [
      eastServes,
      {
        act: (world) => {
          world.cluster("east").reachable = false;
          world.cluster("east").services.delete("web");
        },
        expect: { west: { exists: true, reason: "PeerUnreachable" } },
      },
    ],
  },
];

describe("consent, parting and loss, row by row", () => {
  for (const { name, clusters, steps } of rows) it(name, () => void runScenario(clusters ?? TWO, steps));
});
