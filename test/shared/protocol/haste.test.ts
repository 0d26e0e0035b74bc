import { describe, it } from "node:test";
import { SUCCESSOR } from "../../../shared/keys.ts";
import type { World } from "../../model/world.ts";
import { declare, type Expected, runScenario, type Step, startPods, webService } from "./scenario.ts";
import { eastServes, everywhere, FOUR, handTo, THREE, westPods } from "./steps.ts";

// Declarations that follow each other faster than clusters copy them: who was taken along by one is not left out by the next.

/** Watches bring nothing any more until rest. */
function lag(world: World): void {
  world.lagging = true;
  world.observeAll();
}

/** One write of a cluster's sync process: the stamp of what was declared there. */
function stamp(world: World, name: string): void {
  world.reconcile(name, 1);
}

const united = (clusters: readonly string[], pods: string[]): Record<string, Expected> =>
  Object.fromEntries(clusters.map((name) => [name, { serves: pods, mode: "union", reason: "InSync" }]));

const rows: { name: string; clusters: string[]; steps: Step[] }[] = [
  {
    name: "source on one replica, then receiver on another, before the origin has seen either",
    clusters: THREE,
    steps: [
      eastServes,
      {
        act: (world) => {
          westPods(world);
          declare(world, "west", "source");
          stamp(world, "west");
          handTo("south", "west")(world);
          stamp(world, "south");
        },
        expect: everywhere(THREE, "west", ["w1", "w2"]),
      },
    ],
  },
  {
    name: "the same, and neither declarer has seen the other",
    clusters: THREE,
    steps: [
      eastServes,
      {
        act: (world) => {
          lag(world);
          westPods(world);
          declare(world, "west", "source");
          handTo("south", "west")(world);
          stamp(world, "west");
          stamp(world, "south");
        },
        expect: everywhere(THREE, "west", ["w1", "w2"]),
      },
    ],
  },
  {
    name: "source and union on a replica while the origin has a mode that is then put back as outdone",
    clusters: THREE,
    steps: [
      eastServes,
      {
        act: (world) => {
          westPods(world);
          declare(world, "east", "source");
          declare(world, "west", "source");
          stamp(world, "west");
          world.reconcile("west");
          declare(world, "west", "union");
          stamp(world, "west");
        },
        expect: united(THREE, ["e1", "e2", "w1", "w2"]),
      },
    ],
  },
  {
    name: "the same, and the origin's mode is one that cannot be stamped",
    clusters: THREE,
    steps: [
      eastServes,
      {
        act: (world) => {
          westPods(world);
          declare(world, "east", "receiver", { [SUCCESSOR]: "east" });
          declare(world, "west", "source");
          world.reconcile("west");
          world.reconcile("west");
          declare(world, "west", "union");
          stamp(world, "west");
        },
        expect: united(THREE, ["e1", "e2", "w1", "w2"]),
      },
    ],
  },
  {
    name: "three in a row, each elsewhere",
    clusters: FOUR,
    steps: [
      eastServes,
      {
        act: (world) => {
          westPods(world);
          declare(world, "west", "union");
          stamp(world, "west");
          for (const name of ["south", "north"]) world.reconcile(name);
          handTo("south", "north")(world);
          stamp(world, "south");
          handTo("north", "west")(world);
          stamp(world, "north");
        },
        expect: everywhere(FOUR, "west", ["w1", "w2"]),
      },
    ],
  },
  {
    name: "who was taken along once is not for ever: made anew after a later word, a Service is nobody's",
    clusters: THREE,
    steps: [
      eastServes,
      {
        act: (world) => {
          westPods(world);
          declare(world, "west", "source");
        },
        expect: everywhere(THREE, "west", ["w1", "w2"]),
      },
      {
        act: (world) => {
          startPods(world, "south", "s1");
          handTo("west", "south")(world);
        },
        expect: everywhere(THREE, "south", ["s1"]),
      },
      {
        act: (world) => {
          world.cluster("east").services.delete("web");
          world.cluster("east").createService(webService());
          declare(world, "west", "source");
        },
        expect: {
          east: { serves: ["e1", "e2"], mode: undefined, selects: true, services: ["web"] },
          west: { serves: ["w1", "w2"], mode: "source", reason: "Conflict", message: /east has an own Service/ },
        },
      },
    ],
  },
];

describe("declarations in haste, row by row", () => {
  for (const { name, clusters, steps } of rows) it(name, () => void runScenario(clusters, steps));
});
