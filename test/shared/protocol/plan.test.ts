import { describe, it } from "node:test";
import { ADOPT, MIN_READY, SELECTOR, SUCCESSOR } from "../../../shared/keys.ts";
import type { World } from "../../model/world.ts";
import { addressOf, declare, runScenario, type Step, startPods, webService } from "./scenario.ts";

const TWO = ["east", "west"];
const THREE = ["east", "west", "south"];

const eastServes: Step = {
  act: (world) => {
    world.cluster("east").createService(webService());
    startPods(world, "east", "e1", "e2");
  },
  expect: {
    east: { serves: ["e1", "e2"], mode: undefined, selects: true },
    west: { serves: ["e1", "e2"], mode: undefined, selects: false, reason: "InSync" },
  },
};

const westPods = (world: World) => startPods(world, "west", "w1", "w2");

const union: Step = {
  act: (world) => {
    westPods(world);
    declare(world, "east", "union");
  },
  expect: {
    east: { serves: ["e1", "e2", "w1", "w2"], mode: "union", selects: false, reason: "InSync" },
    west: { serves: ["e1", "e2", "w1", "w2"], mode: "union", selects: false, reason: "InSync" },
  },
};

const toWest: Step = {
  act: (world) => declare(world, "west", "source"),
  expect: {
    east: { serves: ["w1", "w2"], mode: "receiver", selects: false, services: ["web"], reason: "InSync" },
    west: { serves: ["w1", "w2"], mode: "source", selects: true, services: ["web"], reason: "InSync" },
  },
};

const rows: { name: string; clusters?: string[]; steps: Step[] }[] = [
  { name: "a Service is replicated and follows its pods", steps: [eastServes, podsChange()] },
  { name: "the stateless move", steps: [eastServes, union, toWest, eastPodsGo()] },
  {
    name: "the stateless move with a third cluster",
    clusters: THREE,
    steps: [eastServes, union, toWest, eastPodsGo()],
  },
  {
    name: "the stateless move and back again",
    steps: [
      eastServes,
      union,
      toWest,
      { act: (world) => declare(world, "west", "union"), expect: { east: { serves: ["e1", "e2", "w1", "w2"] } } },
      {
        act: (world) => declare(world, "east", "source"),
        expect: {
          east: { serves: ["e1", "e2"], mode: "source", selects: true, services: ["web"] },
          west: { serves: ["e1", "e2"], mode: "receiver", selects: false, services: ["web"] },
        },
      },
    ],
  },
  {
    name: "the stateful move: the old side serves until the new one is ready",
    steps: [
      eastServes,
      {
        act: (world) => declare(world, "east", "receiver"),
        expect: {
          east: {
            serves: ["e1", "e2"],
            mode: "receiver",
            selects: true,
            reason: "Holding",
            message: /west has 0 of 1/,
          },
          west: { serves: ["e1", "e2"], mode: "source", selects: true, reason: "Holding" },
        },
      },
      { act: westPods, expect: { east: { serves: ["w1", "w2"], selects: false }, west: { serves: ["w1", "w2"] } } },
      eastPodsGo(),
    ],
  },
  {
    name: "a stateful move is taken back before the release",
    steps: [
      eastServes,
      { act: (world) => declare(world, "east", "receiver") },
      {
        act: (world) => declare(world, "east", "source"),
        expect: {
          east: { serves: ["e1", "e2"], mode: "source", selects: true, reason: "InSync" },
          west: { serves: ["e1", "e2"], mode: "receiver", selects: false, reason: "InSync" },
        },
      },
    ],
  },
  {
    name: "min-ready on the new side holds the release",
    steps: [
      eastServes,
      {
        act: (world) => {
          westPods(world);
          world.annotate("west", { [MIN_READY]: "3" });
          declare(world, "east", "receiver");
        },
        expect: { east: { serves: ["e1", "e2", "w1", "w2"], selects: true, message: /2 of 3 ready/ } },
      },
      {
        act: (world) => startPods(world, "west", "w3"),
        expect: { east: { serves: ["w1", "w2", "w3"], selects: false } },
      },
    ],
  },
  {
    name: "receiver with several possible successors is put back, with a named one it moves",
    clusters: THREE,
    steps: [
      { ...eastServes },
      {
        act: (world) => {
          westPods(world);
          declare(world, "east", "receiver");
        },
        expect: { east: { mode: undefined, serves: ["e1", "e2"] } },
      },
      {
        act: (world) => declare(world, "east", "receiver", { [SUCCESSOR]: "west" }),
        expect: {
          east: { mode: "receiver", serves: ["w1", "w2"] },
          west: { mode: "source", serves: ["w1", "w2"] },
          south: { mode: "receiver", serves: ["w1", "w2"] },
        },
      },
    ],
  },
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
    name: "a selector put on a replica is kept aside until the move",
    steps: [
      eastServes,
      {
        act: (world) => {
          westPods(world);
          const service = world.cluster("west").services.get("web");
          if (service) world.cluster("west").patchService(service, { spec: { selector: { app: "web" } } });
        },
        expect: { west: { serves: ["e1", "e2"], selects: false, mode: undefined } },
      },
      { act: (world) => declare(world, "east", "union") },
      toWest,
    ],
  },
  {
    name: "an own selector for the new side is used when it serves",
    steps: [
      eastServes,
      {
        act: (world) => {
          const pod = { ip: addressOf("w1"), labels: { app: "web-v2" }, ready: true };
          world.cluster("west").pods.set("w1", pod);
          world.annotate("west", { [SELECTOR]: '{"app":"web-v2"}' });
          declare(world, "east", "receiver");
        },
        expect: { east: { serves: ["w1"] }, west: { serves: ["w1"], selects: true } },
      },
    ],
  },
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
    name: "a headless Service keeps its selector in a union",
    steps: [
      {
        act: (world) => {
          world.cluster("east").createService(webService({ spec: { clusterIP: "None" } }));
          startPods(world, "east", "e1");
        },
      },
      {
        act: (world) => {
          startPods(world, "west", "w1");
          declare(world, "east", "union");
        },
        expect: {
          east: { serves: ["e1", "w1"], selects: true, services: ["web"] },
          west: { serves: ["e1", "w1"], selects: true, services: ["web"] },
        },
      },
      {
        act: (world) => declare(world, "west", "source"),
        expect: { east: { serves: ["w1"], selects: false }, west: { serves: ["w1"], selects: true } },
      },
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

function podsChange(): Step {
  return {
    act: (world) => {
      startPods(world, "east", "e3");
      world.cluster("east").pods.delete("e1");
    },
    expect: { west: { serves: ["e2", "e3"] } },
  };
}

function eastPodsGo(): Step {
  return {
    act: (world) => world.cluster("east").pods.clear(),
    expect: { east: { serves: ["w1", "w2"], reason: "InSync" }, west: { serves: ["w1", "w2"], reason: "InSync" } },
  };
}

function twoOwn(): Step {
  return {
    act: (world) => {
      for (const name of TWO) world.cluster(name).createService(webService());
      startPods(world, "east", "e1", "e2");
      westPods(world);
    },
    expect: {
      east: { serves: ["e1", "e2"], mode: undefined, services: ["web"] },
      west: { serves: ["w1", "w2"], mode: undefined, services: ["web"] },
    },
  };
}

describe("the protocol, row by row", () => {
  for (const { name, clusters, steps } of rows) it(name, () => void runScenario(clusters ?? TWO, steps));
});
