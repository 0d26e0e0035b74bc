import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatIntent } from "../../../shared/intent.ts";
import { ADOPT, INTENT, MODE, SERVICE_NAME, SUCCESSOR } from "../../../shared/keys.ts";
import { label, type Service } from "../../../shared/kube/objects.ts";
import { usableSet } from "../../../shared/protocol/usable.ts";
import type { World } from "../../model/world.ts";
import { declare, runScenario, type Step, startPods, webService } from "./scenario.ts";
import { eastServes, TWO, toWest, twoOwn, union, westPods } from "./steps.ts";

// What keeps two Services from standing for each other is said on both sides, and ends nothing that flows.

type Spec = Partial<Service["spec"]>;

const port = (changes: object = {}) => ({ port: 80, protocol: "TCP", targetPort: 8080, ...changes });

const pairs: { name: string; east: Spec; west: Spec; says: RegExp }[] = [
  {
    name: "names",
    east: { ports: [port({ name: "http" })] },
    west: { ports: [port({ name: "web" })] },
    says: /http 80/,
  },
  { name: "numbers", east: { ports: [port()] }, west: { ports: [port({ port: 81 })] }, says: /81\/TCP/ },
  { name: "protocols", east: { ports: [port()] }, west: { ports: [port({ protocol: "UDP" })] }, says: /80\/UDP/ },
  {
    name: "application protocols",
    east: { ports: [port({ appProtocol: "http" })] },
    west: { ports: [port({ appProtocol: "grpc" })] },
    says: /80\/TCP \(grpc\)/,
  },
  { name: "headless against headed", east: {}, west: { clusterIP: "None" }, says: /one is headless/ },
  {
    name: "address families",
    east: { ipFamilies: ["IPv4"] },
    west: { ipFamilies: ["IPv6"] },
    says: /families differ: IPv/,
  },
];

/** Own Services in both clusters, with pods and without any mode. */
function twins(east: Spec, west: Spec): Step {
  return {
    act: (world) => {
      world.cluster("east").createService(webService({ spec: east }));
      world.cluster("west").createService(webService({ spec: west }));
      startPods(world, "east", "e1", "e2");
      westPods(world);
    },
  };
}

/** Endpoints that kube-proxy finds for the Service's own port names. */
function usable(world: World, name: string): number {
  const service = world.cluster(name).services.get("web") as Service;
  const slices = [...world.cluster(name).slices.values()].filter((slice) => label(slice, SERVICE_NAME) === "web");
  return usableSet(slices, service).size;
}

function changeSpec(world: World, name: string, spec: Spec): void {
  world.cluster(name).patchService(world.cluster(name).services.get("web") as Service, { spec });
}

describe("conflicts of two own Services", () => {
  for (const { name, east, west, says } of pairs) {
    it(`${name}: a move holds on both sides`, () => {
      const move: Step = {
        act: (world) => declare(world, "east", "receiver", { [SUCCESSOR]: "west" }),
      };
      const world = runScenario(TWO, [twins(east, west), move]);
      for (const side of TWO) {
        const { condition } = world.reconcile(side);
        assert.equal(condition?.reason, "PortConflict", side);
        assert.match(condition?.message ?? "", says);
      }
      assert.ok(world.cluster("east").services.get("web")?.spec.selector, "the selector stays");
    });
  }

  for (const { name, east, west, says } of pairs.slice(0, 4)) {
    it(`${name}: a union holds on both sides`, () => {
      const declareBoth: Step = {
        act: (world) => {
          declare(world, "east", "union");
          declare(world, "west", "union");
        },
      };
      const world = runScenario(TWO, [twins(east, west), declareBoth]);
      for (const side of TWO) {
        const { condition } = world.reconcile(side);
        assert.equal(condition?.reason, "PortConflict", side);
        assert.match(condition?.message ?? "", says);
        assert.ok(usable(world, side) >= 2);
      }
    });
  }
});

const rows: { name: string; steps: Step[] }[] = [
  {
    name: "a dual-stack Service is not handed to a server of one family",
    steps: [
      twins({ ipFamilies: ["IPv4", "IPv6"] }, { ipFamilies: ["IPv4"] }),
      {
        act: (world) => declare(world, "east", "receiver", { [SUCCESSOR]: "west" }),
        expect: {
          east: { reason: "PortConflict", message: /IPv4, IPv6 against IPv4/, selects: true },
          west: { reason: "PortConflict", message: /IPv4 against IPv4, IPv6/, serves: ["w1", "w2"] },
        },
      },
    ],
  },
  {
    name: "a port renamed at the server after a move: both say so, and requests still arrive",
    steps: [
      eastServes,
      union,
      toWest,
      {
        act: (world) => changeSpec(world, "west", { ports: [port({ name: "web" })] }),
        expect: {
          east: { reason: "PortConflict", serves: ["w1", "w2"], message: /- 80\/TCP against web 80/ },
          west: { reason: "PortConflict", serves: ["w1", "w2"] },
        },
      },
      {
        act: (world) => {
          assert.equal(usable(world, "east"), 2);
          changeSpec(world, "east", { ports: [port({ name: "web" })] });
        },
        expect: { east: { reason: "InSync" }, west: { reason: "InSync" } },
      },
    ],
  },
  {
    name: "a port renamed in a union: both say so, and everyone's pods stay in service everywhere",
    steps: [
      twoOwn(),
      {
        act: (world) => {
          declare(world, "east", "union");
          declare(world, "west", "union");
        },
      },
      {
        act: (world) => changeSpec(world, "east", { ports: [port({ name: "web" })] }),
        expect: { east: { reason: "PortConflict" }, west: { reason: "PortConflict" } },
      },
      { act: (world) => TWO.forEach((side) => void assert.equal(usable(world, side), 4, side)) },
    ],
  },
  {
    name: "pods of one name in a headless union are told on both sides, and served",
    steps: [
      {
        act: (world) => {
          for (const side of TWO) world.cluster(side).createService(webService({ spec: { clusterIP: "None" } }));
          for (const [side, ip] of [
            ["east", "10.1.0.1"],
            ["west", "10.2.0.1"],
          ] as const) {
            const pod = { ip, labels: { app: "web" }, ready: true, hostname: "web-0" };
            world.cluster(side).pods.set(ip, pod);
          }
          declare(world, "east", "union");
          declare(world, "west", "union");
        },
        expect: {
          east: { reason: "HostnameConflict", message: /west .*web-0/, serves: ["e1", "w1"] },
          west: { reason: "HostnameConflict", message: /east .*web-0/, serves: ["e1", "w1"] },
        },
      },
    ],
  },
];

describe("conflicts, row by row", () => {
  for (const { name, steps } of rows) it(name, () => void runScenario(TWO, steps));

  it("what is declared elsewhere and does not reach a Service is told of it without a write", () => {
    const world = runScenario(TWO, [twoOwn()]);
    assert.equal(world.reconcile("west").notice?.reason, "Independent");
    declare(world, "east", "union");
    world.settle();
    const { notice, condition, writes } = world.reconcile("west");
    assert.deepEqual([notice?.reason, condition, writes], ["Conflict", undefined, []]);
    assert.equal(world.reconcile("east").condition?.reason, "Conflict");
  });

  const joined: { name: string; mode: "union" | "source"; says: RegExp; join(world: World): void }[] = [
    { name: "a union", mode: "union", says: /set union here/, join: (world) => declare(world, "west", "union") },
    {
      name: "a source",
      mode: "source",
      says: /set receiver with vmware\.com\/syndicate-successor=east here/,
      join: (world) => declare(world, "west", "receiver", { [SUCCESSOR]: "east" }),
    },
    {
      name: "a source, by consent without a new mode",
      mode: "source",
      says: /or name west in vmware\.com\/syndicate-adopt in east/,
      join: (world) => world.annotate("east", { [ADOPT]: "west" }),
    },
  ];
  for (const { name, mode, says, join } of joined) {
    it(`a Service joins ${name} by what it is told, and who declared stays what it is`, () => {
      const world = runScenario(TWO, [twoOwn()]);
      declare(world, "east", mode);
      world.settle();
      assert.match(world.reconcile("west").notice?.message ?? "", says);
      join(world);
      world.settle();
      const reasons = TWO.map((cluster) => world.reconcile(cluster).condition?.reason);
      assert.deepEqual(reasons, ["InSync", "InSync"]);
      assert.equal(world.cluster("east").services.get("web")?.metadata.annotations?.[MODE], mode);
    });
  }

  it("where the mode was taken away no mode is offered", () => {
    const world = runScenario(TWO, [twoOwn()]);
    declare(world, "east", "source");
    world.settle();
    world.wait(5_000);
    const none = formatIntent({ mode: "none", at: "east", time: world.now });
    world.annotate("east", { [MODE]: null, [INTENT]: none });
    const { notice } = world.reconcile("west");
    assert.equal(notice?.reason, "Conflict");
    assert.match(notice.message, /another cluster has its own, and no mode says more/);
  });
});
