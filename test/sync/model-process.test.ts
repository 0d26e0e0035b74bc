import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pino } from "pino";
import { Gauge, Registry } from "prom-client";
import { MODE } from "../../shared/keys.ts";
import type { Condition, Service } from "../../shared/kube/objects.ts";
import type { Notice } from "../../shared/protocol/plan.ts";
import type { EventRecorder } from "../../sync/events.ts";
import { Propagation } from "../../sync/propagation.ts";
import { Reasons } from "../../sync/reasons.ts";
import { createHooks } from "../../sync/telling.ts";
import { World } from "../model/world.ts";
import { declare, startPods, webService } from "../shared/protocol/scenario.ts";
import { ModelProcess } from "./model-process.ts";

// What the reconciler remembers and tells, on the model of Kubernetes.

/** East serves, west has its replica; both at rest. */
function replicated(settings: Partial<World["settings"]> = {}): World {
  const world = new World("east", "west");
  world.settings = { ...world.settings, ...settings };
  world.cluster("east").createService(webService());
  startPods(world, "east", "e1");
  world.settle();
  return world;
}

function conditionOf(world: World, name: string): Condition | undefined {
  return world.cluster(name).services.get("web")?.status?.conditions?.at(-1);
}

/** The Events that the hooks of the process record, as `type reason`. */
function recording() {
  const recorded: string[] = [];
  const record = (_: Service, type: string, reason: string) => void recorded.push(`${type} ${reason}`);
  const labelNames = ["namespace", "name", "reason"] as const;
  const gauge = new Gauge({ name: "not_in_sync", help: "-", labelNames, registers: [new Registry()] });
  const hooks = createHooks({
    propagation: new Propagation({ observe() {} }, () => 0),
    reasons: new Reasons(gauge),
    recorder: { record } as EventRecorder,
    log: pino({ level: "silent" }),
  });
  return { recorded, hooks };
}

describe("a selector that somebody puts back each time", () => {
  const putBack = (world: World) => {
    const west = world.cluster("west");
    west.patchService(west.services.get("web") as Service, { spec: { selector: { app: "web" } } });
  };
  const selects = (world: World) => Boolean(world.cluster("west").services.get("web")?.spec.selector);

  test("is stripped three times within ten minutes, then left alone, and stripped again after", async () => {
    const world = replicated();
    const process = new ModelProcess(world, "west", {});
    const left: boolean[] = [];
    for (let i = 0; i < 4; i++) {
      world.wait(60_000);
      putBack(world);
      await process.settle();
      left.push(selects(world));
    }
    assert.deepEqual(left, [false, false, false, true]);
    assert.equal(conditionOf(world, "west")?.reason, "Contended");
    assert.match(conditionOf(world, "west")?.message ?? "", /stripped 3 times in ten minutes/);
    assert.equal((await process.settle()).recheckMs, 60_000);
    // The first strip is ten minutes ago.
    world.wait(7 * 60_000 + 1);
    await process.settle();
    assert.equal(selects(world), false);
  });
});

describe("Endpoints of a replica", () => {
  test("follow its copies", async () => {
    const world = replicated();
    world.cluster("west").endpoints.clear();
    await new ModelProcess(world, "west", {}).settle();
    assert.equal(world.cluster("west").endpoints.size, 1);
  });

  test("go, and stay away, where they are switched off", async () => {
    const world = replicated();
    assert.equal(world.cluster("west").endpoints.size, 1);
    world.settings = { ...world.settings, endpoints: "off" };
    await new ModelProcess(world, "west", {}).settle();
    assert.equal(world.cluster("west").endpoints.size, 0);
    assert.deepEqual(world.served("west"), world.served("east"));
  });
});

describe("a Service whose namespace is missing", () => {
  const start = (createNamespaces: boolean) => {
    const world = new World("east", "west");
    world.cluster("east").createService(webService());
    const notices: (Notice | undefined)[] = [];
    const hooks = {
      onNotice: (_key: object, _service: unknown, notice: Notice | undefined) => void notices.push(notice),
    };
    const process = new ModelProcess(world, "west", hooks, { createNamespaces });
    process.sources.own.stores.namespaces.delete("shop");
    return { world, process, notices };
  };

  test("is not replicated, and that is told", async () => {
    const { world, process, notices } = start(false);
    await process.settle();
    assert.deepEqual([world.cluster("west").services.size, process.namespaces], [0, []]);
    assert.equal(notices.at(-1)?.reason, "NamespaceMissing");
    assert.match(notices.at(-1)?.message ?? "", /namespace shop does not exist here/);
  });

  test("has it made where the operator asked for it, and is replicated then", async () => {
    const { world, process } = start(true);
    await process.settle();
    assert.deepEqual([world.cluster("west").services.size, process.namespaces], [1, ["shop"]]);
  });

  test("has none made while it is being deleted", async () => {
    const { world, process } = start(false);
    process.sources.own.stores.namespaces.set({
      metadata: { name: "shop", deletionTimestamp: "2030-01-01T00:00:00Z" },
    });
    await process.settle();
    assert.equal(world.cluster("west").services.size, 0);
  });
});

describe("Events", () => {
  test("IntentDeclared: a mode that no webhook stamped", async () => {
    const world = replicated();
    declare(world, "east", "source");
    const { recorded, hooks } = recording();
    await new ModelProcess(world, "east", hooks).settle();
    assert.deepEqual(recorded.slice(0, 1), ["Normal IntentDeclared"]);
  });

  test("Superseded: a mode that was outdone meanwhile", async () => {
    const world = replicated();
    // Written in east before west declares, and seen after.
    const { now } = world;
    declare(world, "west", "source");
    world.reconcile("west");
    const early = new Date(now - 60_000).toISOString();
    world.annotate("east", { [MODE]: "union" });
    const east = world.cluster("east").services.get("web") as Service;
    for (const entry of east.metadata.managedFields ?? []) entry.time = early;
    const { recorded, hooks } = recording();
    await new ModelProcess(world, "east", hooks).settle();
    assert.ok(recorded.includes("Normal Superseded"), `${recorded}`);
    assert.ok(!recorded.includes("Normal IntentDeclared"), `${recorded}`);
  });

  test("PeerForgotten: copies of a cluster that an operator said is gone", async () => {
    const world = new World("east", "west");
    for (const name of ["east", "west"]) {
      world.cluster(name).createService(webService());
      startPods(world, name, `${name[0]}1`);
      declare(world, name, "union");
    }
    world.settle();
    assert.equal(world.served("west").length, 2);
    world.cluster("west").forgotten.add("east");
    const { recorded, hooks } = recording();
    await new ModelProcess(world, "west", hooks).settle();
    assert.ok(recorded.includes("Normal PeerForgotten"), `${recorded}`);
    assert.equal(world.served("west").length, 1);
  });
});
