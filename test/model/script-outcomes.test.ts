import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { reachOutcomes } from "./exhaustive/script-outcomes.ts";
import { sampleOutcomes } from "./random-outcomes.ts";
import { sampleScripts, tellScript } from "./script.ts";

// Two models, one truth: what random orders end in is among what the exploration says is possible.

const SEED = Number(process.env["PROPERTY_SEED"] ?? 20_261_121);
const STORIES = Number(process.env["REPLAYED_STORIES"] ?? 3);
const ORDERS = 15;
const CLUSTERS = ["east", "west"];

describe("ends of random orders are known to the exploration", () => {
  for (const script of sampleScripts(CLUSTERS, STORIES, SEED)) {
    it(tellScript(script), () => {
      const ends = (lag: number) => new Set(reachOutcomes(script, lag).map((end) => JSON.stringify(end)));
      const quick = ends(0);
      const found = sampleOutcomes(script, CLUSTERS, ORDERS).map((end) => JSON.stringify(end));
      const rest = found.filter((end) => !quick.has(end));
      // Only what a lagging watch makes possible is left; exploring that takes longer.
      const all = rest.length ? ends(1) : quick;
      assert.deepEqual(
        rest.filter((end) => !all.has(end)),
        [],
      );
    });
  }
});
