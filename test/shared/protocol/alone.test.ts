import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatIntent } from "../../../shared/intent.ts";
import { ADOPT, INTENT, MODE } from "../../../shared/keys.ts";
import type { World } from "../../model/world.ts";
import { declare, runScenario, type Step } from "./scenario.ts";
import { eastServes, TWO, twoOwn, westPods } from "./steps.ts";

// Services that shall serve alone from now on: with their own pods, and with nothing left of others.

const rows: { name: string; steps: Step[] }[] = [
  {
    name: "singular elsewhere for one that was promoted and holds nothing yet: it knows its origin's selector alone, and gets that",
    steps: [
      {
        act: (world) => {
          eastServes.act(world);
          westPods(world);
          world.runNative("east");
          world.reconcile("west", 1);
          declare(world, "west", "source");
          for (let write = 0; write < 2; write++) world.reconcile("west", 1);
          assert.match(world.log.at(-1) ?? "", /follows the intent source at west/);
          declare(world, "east", "singular");
          world.reconcile("east");
        },
        mayEmpty: true,
        expect: { east: { serves: ["e1", "e2"], mode: "singular" }, west: { serves: ["w1", "w2"], selects: true } },
      },
    ],
  },
  ...(["source", "union"] as const).map((mode) => ({
    name: `a mode taken away while two clusters have own Services under one ${mode}, as a webhook without advice lets pass: each serves alone`,
    steps: [
      twoOwn(),
      {
        act: (world: World) => declare(world, "east", mode, { [ADOPT]: "west" }),
        expect: { west: { reason: "InSync" } },
      },
      {
        act: (world: World) => {
          world.wait(5_000);
          const intent = formatIntent({ mode: "none", at: "east", time: world.now });
          world.annotate("east", { [MODE]: null, [INTENT]: intent });
        },
        expect: {
          east: { serves: ["e1", "e2"], selects: true, services: ["web"], mode: undefined, reason: "InSync" },
          west: { serves: ["w1", "w2"], selects: true, services: ["web"], mode: undefined, reason: "InSync" },
        },
      },
    ],
  })),
];

describe("alone", () => {
  for (const { name, steps } of rows) it(name, () => void runScenario(TWO, steps));
});
