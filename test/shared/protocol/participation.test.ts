import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ADOPT } from "../../../shared/keys.ts";
import type { World } from "../../model/world.ts";
import { declare, type Expected, runScenario, type Step, startPods, webService } from "./scenario.ts";
import { eastServes, everywhere, FOUR, handTo, THREE, toWest, union, westPods } from "./steps.ts";

// Who takes part among three and four clusters, and what becomes of it when not everybody reads everybody, or somebody goes.

const follows = (of: string[], mode?: string): Expected => ({ serves: of, selects: false, mode, services: ["web"] });

const rows: { name: string; clusters: string[]; steps: Step[] }[] = [
  {
    name: "who cannot read the new server holds the release, in service, until it can",
    clusters: THREE,
    steps: [
      eastServes,
      {
        act: (world) => {
          westPods(world);
          world.cut("west", "south");
          handTo("east", "west")(world);
        },
        expect: {
          east: {
            serves: ["e1", "e2", "w1", "w2"],
            selects: true,
            message: /south does not hold ready copies of west/,
          },
          south: { serves: ["e1", "e2"], mode: "receiver", reason: "PeerUnreachable" },
          west: { serves: ["w1", "w2"], mode: "source" },
        },
      },
      { act: (world) => world.heal("west", "south"), expect: everywhere(THREE, "west", ["w1", "w2"]) },
    ],
  },
  {
    name: "a union among clusters of which two do not read each other: each has what it reads",
    clusters: THREE,
    steps: [
      eastServes,
      {
        act: (world) => {
          world.cut("east", "south");
          westPods(world);
          startPods(world, "south", "s1");
          declare(world, "west", "union");
        },
        expect: {
          west: { serves: ["e1", "e2", "s1", "w1", "w2"], mode: "union" },
          east: { serves: ["e1", "e2", "w1", "w2"], mode: "union", reason: "PeerUnreachable" },
          south: { serves: ["e1", "e2", "s1", "w1", "w2"], mode: "union", reason: "PeerUnreachable" },
        },
      },
      {
        act: (world) => world.heal("east", "south"),
        expect: { east: { serves: ["e1", "e2", "s1", "w1", "w2"], reason: "InSync" }, south: { reason: "InSync" } },
      },
    ],
  },
  {
    name: "a cluster that joins after a move follows at once",
    clusters: FOUR,
    steps: [
      {
        act: (world) => {
          for (const name of THREE) world.cut(name, "north");
          eastServes.act(world);
        },
      },
      {
        act: (world) => {
          westPods(world);
          for (const name of THREE) world.cluster(name).forgotten.add("north");
          handTo("east", "west")(world);
        },
      },
      {
        act: (world) => {
          for (const name of THREE) {
            world.heal(name, "north");
            world.cluster(name).forgotten.delete("north");
          }
        },
        expect: everywhere(FOUR, "west", ["w1", "w2"]),
      },
    ],
  },
  {
    name: "of two independent Services only the one taken along joins",
    clusters: THREE,
    steps: [
      {
        act: (world) => {
          for (const name of THREE) world.cluster(name).createService(webService());
          startPods(world, "east", "e1");
          startPods(world, "west", "w1");
          startPods(world, "south", "s1");
        },
        expect: { south: { serves: ["s1"], mode: undefined, selects: true } },
      },
      {
        act: (world) => declare(world, "east", "union", { [ADOPT]: "west" }),
        expect: {
          east: { serves: ["e1", "w1"], mode: "union", reason: "Conflict", message: /south has an own Service/ },
          west: { serves: ["e1", "w1"], mode: "union", reason: "InSync" },
          south: { serves: ["s1"], mode: undefined, selects: true, services: ["web"] },
        },
      },
      {
        act: (world) => declare(world, "south", "union"),
        expect: Object.fromEntries(THREE.map((name) => [name, { serves: ["e1", "s1", "w1"], reason: "InSync" }])),
      },
    ],
  },
  {
    name: "whoever is to be taken along by one who follows, and cannot say whom, is not: nothing is written for it",
    clusters: THREE,
    steps: [
      eastServes,
      { act: (world) => declare(world, "west", "source") },
      {
        act: (world) => declare(world, "east", "receiver", { [ADOPT]: "south" }),
        expect: { east: { mode: "receiver" }, west: { mode: "source" } },
      },
    ],
  },
  {
    name: "the server deleted before the release: who contributes serves on, and goes on when it is made again",
    clusters: THREE,
    steps: [
      eastServes,
      { act: handTo("east", "west") },
      {
        act: (world) => world.cluster("west").services.delete("web"),
        expect: { east: { serves: ["e1", "e2"], selects: true }, south: { serves: ["e1", "e2"] } },
      },
      {
        act: (world) => {
          westPods(world);
          world.cluster("west").createService(webService());
        },
        expect: everywhere(THREE, "west", ["w1", "w2"]),
      },
    ],
  },
  {
    name: "deleted by hand under the union of a former replica: what is made in its place finds the pods by the selector remembered there",
    clusters: THREE,
    steps: [
      eastServes,
      {
        act: (world) => {
          westPods(world);
          declare(world, "west", "source");
          // Stamped, and no replica any more; its selector is still to come.
          world.reconcile("west", 1);
          world.reconcile("west", 1);
          declare(world, "west", "union");
        },
      },
      {
        act: (world) => {
          world.cluster("east").services.delete("web");
          world.cluster("east").pods.delete("e1");
        },
        mayEmpty: true,
        expect: Object.fromEntries(THREE.map((name) => [name, { serves: ["e2", "w1", "w2"], reason: "InSync" }])),
      },
    ],
  },
  {
    name: "a named successor that cannot be read is refused",
    clusters: THREE,
    steps: [
      eastServes,
      {
        act: (world) => {
          world.cut("east", "west");
          handTo("east", "west")(world);
        },
        expect: { east: { mode: undefined, serves: ["e1", "e2"], selects: true } },
      },
    ],
  },
  ...["east", "west", "south"].map((where) => ({
    name: `singular set in ${where} under a union of an own Service and two replicas`,
    clusters: THREE,
    steps: [
      eastServes,
      union,
      {
        act: (world: World) => declare(world, where, "singular"),
        mayEmpty: true,
        expect: {
          east: { serves: ["e1", "e2"], mode: "singular", services: ["web"] },
          west: { exists: false },
          south: { exists: false },
        },
      },
    ],
  })),
  {
    name: "the mode removed at the only own Service: replicas follow as before, then it is declared anew",
    clusters: THREE,
    steps: [
      eastServes,
      { act: (world) => declare(world, "east", "source") },
      {
        act: (world) => declare(world, "east", null),
        expect: {
          east: { serves: ["e1", "e2"], mode: undefined, selects: true },
          west: { ...follows(["e1", "e2"]), reason: "InSync" },
          south: { ...follows(["e1", "e2"]), reason: "InSync" },
        },
      },
      { act: (world) => declare(world, "east", "source"), expect: everywhere(THREE, "east", ["e1", "e2"]) },
    ],
  },
  {
    name: "the mode cannot be removed while two clusters have their own",
    clusters: THREE,
    steps: [
      eastServes,
      union,
      toWest,
      { act: (world) => declare(world, "west", null), expect: everywhere(THREE, "west", ["w1", "w2"]) },
    ],
  },
];

describe("who takes part, row by row", () => {
  for (const { name, clusters, steps } of rows) it(name, () => void runScenario(clusters, steps));

  it("nobody waits for a Service with a mode in a namespace that its cluster leaves out", () => {
    const world = runScenario(THREE, [eastServes]);
    world.cluster("south").services.delete("web");
    world.cluster("south").createService(webService({ annotations: { "vmware.com/syndicate-mode": "source" } }));
    world.cluster("south").idle = true;
    westPods(world);
    handTo("east", "west")(world);
    world.settle();
    assert.deepEqual(world.served("east"), ["10.2.0.1", "10.2.0.2"]);
  });
});
