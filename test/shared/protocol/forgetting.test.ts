import { describe, it } from "node:test";
import { SUCCESSOR } from "../../../shared/keys.ts";
import type { World } from "../../model/world.ts";
import { declare, runScenario, type Step, startPods, webService } from "./scenario.ts";
import { eastServes, THREE, TWO, toWest, union, westPods } from "./steps.ts";

// Clusters that are gone for good, and deletions that nobody may have meant.

/** A cluster goes down with its API server; nobody reads it any more. */
const lose = (world: World, name: string) => {
  for (const other of world.clusters.keys()) if (other !== name) world.cut(name, other);
  world.cluster(name).pods.clear();
};

const forget = (world: World, name: string) => {
  for (const cluster of world.clusters.values()) if (cluster.name !== name) cluster.forgotten.add(name);
};

/** The cluster is back, and the operators say so. */
const remember = (world: World, name: string) => {
  for (const other of world.clusters.values()) {
    other.forgotten.delete(name);
    if (other.name !== name) world.heal(name, other.name);
  }
};

const forgetting = (name: string, expect: Step["expect"] = {}): Step => ({
  act: (world) => forget(world, name),
  mayEmpty: true,
  expect,
});

const rows: { name: string; clusters?: string[]; steps: Step[] }[] = [
  {
    name: "a lost bystander holds a release until it is forgotten",
    clusters: THREE,
    steps: [
      eastServes,
      {
        act: (world) => {
          westPods(world);
          lose(world, "south");
          declare(world, "east", "receiver", { [SUCCESSOR]: "west" });
        },
        expect: {
          east: { serves: ["e1", "e2", "w1", "w2"], selects: true, message: /keeps serving: south cannot be read/ },
        },
      },
      {
        act: (world) => forget(world, "south"),
        mayEmpty: true,
        expect: { east: { serves: ["w1", "w2"], selects: false, reason: "InSync" } },
      },
      {
        act: (world) => remember(world, "south"),
        expect: { south: { serves: ["w1", "w2"], mode: "receiver", reason: "InSync" } },
      },
    ],
  },
  {
    name: "the origin lost: its replicas stay until it is forgotten, and are back when it is",
    steps: [
      eastServes,
      {
        act: (world) => lose(world, "east"),
        expect: { west: { serves: ["e1", "e2"], reason: "PeerUnreachable" } },
      },
      forgetting("east", { west: { exists: false } }),
      {
        act: (world) => {
          remember(world, "east");
          startPods(world, "east", "e3");
        },
        expect: { west: { serves: ["e3"], reason: "InSync" } },
      },
    ],
  },
  {
    name: "the server lost after a move: the old cluster serves again by its user's word alone, and is followed afterwards",
    steps: [
      eastServes,
      union,
      toWest,
      { act: (world) => lose(world, "west"), expect: { east: { serves: ["w1", "w2"], reason: "PeerUnreachable" } } },
      forgetting("west", { east: { serves: [], selects: false, reason: "Orphaned" } }),
      {
        act: (world) => declare(world, "east", "source"),
        expect: { east: { serves: ["e1", "e2"], selects: true, mode: "source", reason: "InSync" } },
      },
      {
        act: (world) => remember(world, "west"),
        expect: { west: { serves: ["e1", "e2"], selects: false, mode: "receiver", reason: "InSync" } },
      },
    ],
  },
  {
    name: "a member of a union lost: its pods go, the others' stay",
    clusters: THREE,
    steps: [
      eastServes,
      union,
      {
        act: (world) => lose(world, "west"),
        expect: { south: { serves: ["e1", "e2", "w1", "w2"], reason: "PeerUnreachable" } },
      },
      {
        act: (world) => forget(world, "west"),
        expect: {
          east: { serves: ["e1", "e2"], mode: "union", reason: "InSync" },
          south: { serves: ["e1", "e2"], mode: "union", reason: "InSync" },
        },
      },
    ],
  },
  {
    name: "singular set on a replica of a cluster that is lost for good",
    steps: [
      eastServes,
      {
        act: (world) => {
          lose(world, "east");
          declare(world, "west", "singular");
        },
        expect: { west: { exists: true } },
      },
      forgetting("east", { west: { exists: false } }),
    ],
  },
  {
    name: "too much vanished at once: replicas and copies stay until it is allowed",
    steps: [
      eastServes,
      {
        act: (world) => {
          world.losses = { recent: 20, due: 31, limit: 50 };
          world.cluster("east").services.delete("web");
        },
        expect: {
          west: { serves: ["e1", "e2"], reason: "TooManyDeletions", message: /more than 50 Services lost/ },
        },
      },
      {
        act: (world) => {
          world.losses = { recent: 20, due: 30, limit: 50 };
        },
        mayEmpty: true,
        expect: { west: { exists: false } },
      },
    ],
  },
  {
    name: "too much vanished at once: who follows a server keeps its copies",
    steps: [
      eastServes,
      union,
      toWest,
      {
        act: (world) => {
          world.losses = { recent: 0, due: 51, limit: 50 };
          world.cluster("west").services.delete("web");
        },
        expect: { east: { serves: ["w1", "w2"], reason: "TooManyDeletions" } },
      },
      {
        act: (world) => {
          world.losses = undefined;
        },
        mayEmpty: true,
        expect: { east: { serves: [], reason: "Orphaned" } },
      },
    ],
  },
  {
    name: "what a user asked for is not capped",
    steps: [
      eastServes,
      {
        act: (world) => {
          world.losses = { recent: 0, due: 51, limit: 50 };
          declare(world, "east", "singular");
        },
        mayEmpty: true,
        expect: { west: { exists: false } },
      },
      { act: (world) => declare(world, "east", "source"), expect: { west: { serves: ["e1", "e2"] } } },
      forgetting("east", { west: { exists: false } }),
    ],
  },
  {
    name: "a cluster that is installed again under a forgotten name starts as a replica",
    steps: [
      eastServes,
      union,
      toWest,
      {
        act: (world) => {
          lose(world, "east");
          const { services, slices, endpoints } = world.cluster("east");
          for (const map of [services, slices, endpoints]) map.clear();
        },
      },
      { act: (world) => forget(world, "east"), expect: { west: { serves: ["w1", "w2"], reason: "InSync" } } },
      {
        act: (world) => remember(world, "east"),
        expect: { east: { serves: ["w1", "w2"], mode: "receiver", selects: false } },
      },
      {
        act: (world) => {
          world.cluster("west").createService(webService());
        },
        expect: { west: { serves: ["w1", "w2"] } },
      },
    ],
  },
];

describe("what is gone for good, and what may not be, row by row", () => {
  for (const { name, clusters, steps } of rows) it(name, () => void runScenario(clusters ?? TWO, steps));
});
