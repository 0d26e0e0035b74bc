import assert from "node:assert/strict";
import { test } from "node:test";
import { createQueue } from "../../sync/queue.ts";

test("runs that wait for nothing leave the event loop to others in between", async () => {
  const runs: string[] = [];
  const queue = createQueue({ run: async (key) => void runs.push(key) });
  for (let i = 0; i < 1000; i++) queue.add(`key-${i}`);
  const seen: number[] = [];
  while (runs.length < 1000) {
    seen.push(runs.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(seen.length > 10, `the others had a turn after ${seen} runs`);
});
