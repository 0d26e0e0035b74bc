import { describe, it } from "node:test";
import fc from "fast-check";
import { arbitraryMove, play, startWorld } from "../../model/interleaving.ts";

/** Fixed, so that a failure is a change of ours; `npm run test:model` explores further. */
const SEED = 20_261_121;

function explore(clusters: readonly string[], numRuns: number): void {
  const stories = fc.array(arbitraryMove, { minLength: 100, maxLength: 300, size: "max" });
  fc.assert(
    fc.property(stories, (moves) => play(startWorld(...clusters), moves)),
    { numRuns, seed: SEED, includeErrorInReport: true },
  );
}

describe("random interleavings of commands, pods, watches, crashes and partitions", () => {
  it("hold with two clusters", () => explore(["east", "west"], 150));
  it("hold with three clusters", () => explore(["east", "west", "south"], 80));
});
