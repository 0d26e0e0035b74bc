import { describe, it } from "node:test";
import { MIN_READY, SELECTOR, SUCCESSOR } from "../../../shared/keys.ts";
import { addressOf, declare, runScenario, type Step, startPods, webService } from "./scenario.ts";
import { eastPodsGo, eastServes, podsChange, THREE, TWO, toWest, union, westPods } from "./steps.ts";

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
    name: "a stateless move is taken back between the return of the selector and the end of the shadow",
    steps: [
      eastServes,
      union,
      {
        act: (world) => {
          declare(world, "west", "source");
          while (!world.cluster("west").services.get("web")?.spec.selector) world.reconcile("west");
          declare(world, "east", "source");
        },
        expect: {
          east: { serves: ["e1", "e2"], mode: "source", selects: true, services: ["web"], reason: "InSync" },
          west: { serves: ["e1", "e2"], mode: "receiver", selects: false, services: ["web"], reason: "InSync" },
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
];

describe("moves, row by row", () => {
  for (const { name, clusters, steps } of rows) it(name, () => void runScenario(clusters ?? TWO, steps));
});
