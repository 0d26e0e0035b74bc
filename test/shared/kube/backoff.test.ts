import assert from "node:assert/strict";
import { test } from "node:test";
import { createBackoff } from "../../../shared/kube/backoff.ts";

test("pauses double up to the longest and start over after a reset", () => {
  const backoff = createBackoff(800, 30_000, () => 0.999_999);
  const rounded = () => Math.round(backoff.next());
  assert.deepEqual(Array.from({ length: 8 }, rounded), [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
  backoff.reset();
  assert.equal(rounded(), 800);
});

test("the whole pause is random", () => {
  const draws = [0, 0.5];
  const backoff = createBackoff(800, 30_000, () => draws.shift() ?? 0);
  assert.deepEqual([backoff.next(), backoff.next()], [0, 800]);
});
