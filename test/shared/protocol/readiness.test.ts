import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  MANAGED_BY,
  MIN_READY,
  MIN_READY_SECONDS,
  NATIVE_MANAGER,
  SERVICE_NAME,
  SUCCESSOR,
} from "../../../shared/keys.ts";
import type { Endpoint, EndpointSlice, Service } from "../../../shared/kube/objects.ts";
import { observeFacts, stillTrue } from "../../../shared/protocol/readiness.ts";
import { latestVisible } from "../../../shared/protocol/roles.ts";
import { countReady, usableSet } from "../../../shared/protocol/usable.ts";
import type { World } from "../../model/world.ts";
import { declare, runScenario, type Step, startPods, webService } from "./scenario.ts";
import { eastServes, everywhere, handTo, TWO, toWest, union, westPods } from "./steps.ts";

// What counts as ready, in which family and on which port, and for how long.

const slice = (endpoints: Endpoint[], ports: string[], addressType: "IPv4" | "IPv6" = "IPv4"): EndpointSlice => ({
  metadata: { name: "s", labels: { [SERVICE_NAME]: "web", [MANAGED_BY]: NATIVE_MANAGER } },
  addressType,
  endpoints,
  ports: ports.map((name) => ({ name, port: 8080 })),
});
const endpoint = (ip: string, conditions = {}): Endpoint => ({ addresses: [ip], conditions });
const service = (spec: Partial<Service["spec"]>) => webService({ spec });
const twoPorts = {
  ports: [
    { name: "http", port: 80 },
    { name: "admin", port: 81 },
  ],
};
const drained = { ready: false, serving: true, terminating: true };

const rows: { name: string; of: Service; slices: EndpointSlice[]; ready: number; usable: number }[] = [
  { name: "nil is ready", of: service({}), slices: [slice([endpoint("10.0.0.1")], [""])], ready: 1, usable: 1 },
  {
    name: "terminating and serving: usable, never ready",
    of: service({}),
    slices: [slice([endpoint("10.0.0.1", drained)], [""])],
    ready: 0,
    usable: 1,
  },
  {
    name: "terminating and not serving: neither",
    of: service({}),
    slices: [slice([endpoint("10.0.0.1", { ...drained, serving: false })], [""])],
    ready: 0,
    usable: 0,
  },
  {
    name: "ready on one of two ports: not ready",
    of: service(twoPorts),
    slices: [slice([endpoint("10.0.0.1")], ["http"])],
    ready: 0,
    usable: 1,
  },
  {
    name: "each port by other pods: as many as the port with the fewest",
    of: service(twoPorts),
    slices: [slice([endpoint("10.0.0.1"), endpoint("10.0.0.2")], ["http"]), slice([endpoint("10.0.0.3")], ["admin"])],
    ready: 1,
    usable: 3,
  },
  {
    name: "a port of another name is none of the Service's",
    of: service({}),
    slices: [slice([endpoint("10.0.0.1")], ["web"])],
    ready: 0,
    usable: 0,
  },
  {
    name: "a family the Service does not use",
    of: service({ ipFamilies: ["IPv4"] }),
    slices: [slice([endpoint("fd00::1")], [""], "IPv6")],
    ready: 0,
    usable: 0,
  },
  {
    name: "dual stack: one of two families is not enough",
    of: service({ ipFamilies: ["IPv4", "IPv6"] }),
    slices: [slice([endpoint("10.0.0.1")], [""])],
    ready: 0,
    usable: 1,
  },
  {
    name: "dual stack: both",
    of: service({ ipFamilies: ["IPv4", "IPv6"] }),
    slices: [slice([endpoint("10.0.0.1")], [""]), slice([endpoint("fd00::1")], [""], "IPv6")],
    ready: 1,
    usable: 2,
  },
];

describe("what is ready and what is usable", () => {
  for (const { name, of, slices, ready, usable } of rows) {
    it(name, () => assert.deepEqual([countReady(slices, of), usableSet(slices, of).size], [ready, usable]));
  }
});

const done = { expect: everywhere(TWO, "west", ["w1", "w2"]) };

const moves: { name: string; steps: Step[] }[] = [
  {
    name: "a percentage is of what served when the mode was declared, also when old pods go meanwhile",
    steps: [
      eastServes,
      {
        act: (world) => {
          startPods(world, "east", "e3", "e4");
          startPods(world, "west", "w1");
          world.settle();
          declare(world, "east", "receiver", { [MIN_READY]: "50%", [SUCCESSOR]: "west" });
          world.settle();
          world.cluster("east").pods.delete("e3");
          world.cluster("east").pods.delete("e4");
        },
        expect: { east: { selects: true, message: /1 of 2 ready/ } },
      },
      { act: (world) => startPods(world, "west", "w2"), ...done },
    ],
  },
  {
    name: "a successor with terminating pods alone has taken over nothing",
    steps: [
      eastServes,
      {
        act: (world) => {
          const pod = { ip: "10.2.0.1", labels: { app: "web" }, ready: true, terminating: true };
          world.cluster("west").pods.set("w1", pod);
          handTo("east", "west")(world);
        },
        expect: { east: { selects: true, serves: ["e1", "e2"], message: /0 of 1 ready/ } },
      },
    ],
  },
];

describe("take-over, row by row", () => {
  for (const { name, steps } of moves) it(name, () => void runScenario(TWO, steps));

  it("a dip between two passes starts the time anew", () => {
    const world = runScenario(TWO, [eastServes]);
    westPods(world);
    declare(world, "east", "receiver", { [MIN_READY_SECONDS]: "30" });
    pass(world);
    world.wait(29_000);
    for (const pod of world.cluster("west").pods.values()) pod.ready = false;
    world.runNative("west");
    observe(world, "east");
    for (const pod of world.cluster("west").pods.values()) pod.ready = true;
    world.runNative("west");
    world.wait(2_000);
    pass(world);
    const { message } = world.reconcile("east").condition ?? {};
    assert.match(message ?? "", /for less than 30 s/);
    assert.ok(world.cluster("east").services.get("web")?.spec.selector);
  });
});

/** Everything there is to do now, without waiting for anything. */
function pass(world: World): void {
  for (let round = 0; round < 12; round++) {
    for (const name of TWO) {
      world.runNative(name);
      world.reconcile(name);
    }
  }
}

/** What the sync process does at each event, before the next pass. */
function observe(world: World, name: string): void {
  const snapshot = world.snapshot(name, true);
  const cluster = world.cluster(name);
  cluster.since = new Map(stillTrue(cluster.since, observeFacts(snapshot, latestVisible(snapshot))));
}

const kept = { selects: true, services: ["web"], mode: "union", reason: "InSync" };

describe("UNION_SELECTOR=keep, row by row", () => {
  const keep = (act: (world: World) => void) => (world: World) => {
    world.settings = { unionSelector: "keep", endpoints: "mirror" };
    act(world);
  };
  const both = { serves: ["e1", "e2", "w1", "w2"] };
  const steps: Step[] = [
    { ...eastServes, act: keep(eastServes.act) },
    { act: union.act, expect: { east: { ...kept, ...both }, west: { ...kept, ...both } } },
    toWest,
    {
      act: (world) => declare(world, "west", "union"),
      expect: { east: { ...kept, ...both }, west: { ...kept, ...both } },
    },
    {
      act: (world) => declare(world, "east", "source"),
      expect: { east: { serves: ["e1", "e2"], selects: true }, west: { serves: ["e1", "e2"], selects: false } },
    },
  ];
  it("there and back again, without a shadow", () => void runScenario(TWO, steps));
});
