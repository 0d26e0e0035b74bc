import { describe, it } from "node:test";
import fc from "fast-check";
import { arbitraryMove, play, startWorld } from "../../model/interleaving.ts";

/** Fixed, so that a failure is a change of ours. Printed with a failure, with the shrunk story; PROPERTY_SEED tries others. */
const SEED = Number(process.env["PROPERTY_SEED"] ?? 20_261_121);
/** How many times as many stories are played. */
const SCALE = Number(process.env["INTERLEAVINGS"] ?? 1);

function explore(clusters: readonly string[], stories: number): void {
  const moves = fc.array(arbitraryMove, { minLength: 100, maxLength: 300, size: "max" });
  fc.assert(
    fc.property(moves, (story) => play(startWorld(...clusters), story)),
    { numRuns: stories * SCALE, seed: SEED, includeErrorInReport: true },
  );
}

describe("random interleavings of commands, pods, watches, crashes, partitions and partial links", () => {
  it("hold with two clusters", () => explore(["east", "west"], 150));
  it("hold with three clusters", () => explore(["east", "west", "south"], 80));
  it("hold with four clusters", () => explore(["east", "west", "south", "north"], 30));
});
