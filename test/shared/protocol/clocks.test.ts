import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseIntent } from "../../../shared/intent.ts";
import { INTENT, MODE, OVERRIDE } from "../../../shared/keys.ts";
import type { ManagedFieldsEntry, Service } from "../../../shared/kube/objects.ts";
import type { World } from "../../model/world.ts";
import { declare, runScenario, type Step, webService } from "./scenario.ts";
import { eastServes, TWO, toWest, union } from "./steps.ts";

// Clocks that are wrong, and objects that come back from before.

const MINUTE = 60_000;
const YEAR = 365 * 24 * 60 * MINUTE;

function intentIn(world: World, name: string) {
  return parseIntent(world.cluster(name).services.get("web")?.metadata.annotations?.[INTENT]);
}

/** A clock that is ahead declares `source` in west and stamps it. */
const fromTheFuture = (ahead: number): Step => ({
  act: (world) => {
    world.wait(5_000);
    const intent = { mode: "source", at: "west", from: "east", time: world.now + ahead };
    world.annotate("west", { [MODE]: "source", [INTENT]: JSON.stringify(intent) });
  },
  expect: { west: { mode: "source" }, east: { mode: "receiver" } },
});

const movedToWest = { expect: { east: { mode: "receiver" }, west: { mode: "source" } } };
const takenBack = { expect: { east: { mode: "source" }, west: { mode: "receiver" } } };

const rows: { name: string; steps: Step[] }[] = [
  {
    name: "four minutes ahead: a declaration made now is put after it",
    steps: [
      eastServes,
      fromTheFuture(4 * MINUTE),
      {
        // The webhook of east stamps it: now, but after the latest.
        act: (world) => {
          const time = (intentIn(world, "east")?.time ?? 0) + 1;
          const intent = { mode: "source", at: "east", time };
          world.annotate("east", { [MODE]: "source", [INTENT]: JSON.stringify(intent) });
        },
        ...takenBack,
      },
    ],
  },
  ...[6 * MINUTE, 10 * YEAR].map((ahead) => ({
    name: `${ahead === 10 * YEAR ? "ten years" : "six minutes"} ahead: nothing is declared until the time has come or is overridden`,
    steps: [
      eastServes,
      fromTheFuture(ahead),
      { act: (world: World) => declare(world, "east", "source"), ...movedToWest },
      { act: (world: World) => declare(world, "east", "source", { [OVERRIDE]: "17" }), ...movedToWest },
      {
        act: (world: World) => declare(world, "east", "source", { [OVERRIDE]: String(intentIn(world, "east")?.time) }),
        ...takenBack,
      },
      // What was overridden is over: the annotation that is left there overrides nothing else.
      { act: (world: World) => declare(world, "east", "union"), ...takenBack },
    ],
  })),
  {
    name: "a Service restored from before the move follows again",
    steps: [
      eastServes,
      union,
      {
        act: (world) => {
          const backup = structuredClone(world.cluster("east").services.get("web") as Service);
          declare(world, "west", "source");
          world.settle();
          const { annotations, labels } = backup.metadata;
          world.cluster("east").services.delete("web");
          world.settle();
          const { metadata, spec } = webService();
          world.cluster("east").createService({
            metadata: { ...metadata, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) },
            spec,
          });
        },
        expect: toWest.expect ?? {},
      },
    ],
  },
  {
    name: "a whole cluster restored from before the move follows again",
    steps: [
      eastServes,
      union,
      {
        act: (world) => {
          const east = world.cluster("east");
          const backup = [...east.services.values(), ...east.slices.values()].map((object) => structuredClone(object));
          declare(world, "west", "source");
          world.settle();
          for (const object of backup) {
            const map = "addressType" in object ? east.slices : east.services;
            (map as Map<string, object>).set(object.metadata.name, object);
          }
        },
        expect: toWest.expect ?? {},
      },
    ],
  },
  ...["helm", "helm-controller"].map((manager) => ({
    name: `${manager} brings back the mode of its chart after a move: put back`,
    steps: [
      eastServes,
      { act: (world: World) => declare(world, "east", "source") },
      union,
      toWest,
      { act: (world: World) => writeAs(world, manager), expect: toWest.expect ?? {} },
    ],
  })),
  {
    name: "the same by a person is a wish",
    steps: [
      eastServes,
      { act: (world) => declare(world, "east", "source") },
      union,
      toWest,
      { act: (world) => writeAs(world, "kubectl-annotate"), expect: { east: { mode: "source", selects: true } } },
    ],
  },
];

/** `source` written in east by this field manager. */
function writeAs(world: World, manager: string): void {
  declare(world, "east", "source");
  const service = world.cluster("east").services.get("web") as Service;
  const managedFields = (service.metadata.managedFields ?? []).map(
    (entry): ManagedFieldsEntry => ({ ...entry, manager }),
  );
  world.cluster("east").patchService(service, { metadata: { managedFields } });
}

describe("clocks and backups, row by row", () => {
  for (const { name, steps } of rows) it(name, () => void runScenario(TWO, steps));

  it("the refusal says how to go on", () => {
    const world = runScenario(TWO, [eastServes, fromTheFuture(YEAR)]);
    declare(world, "east", "source");
    const time = intentIn(world, "east")?.time;
    const [write] = world.reconcile("east").writes;
    assert.match(write?.reason ?? "", new RegExp(`${OVERRIDE}=${time}`));
  });
});
