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

test("between two turns of the event loop only a few runs begin, however many workers there are", async () => {
  let begun = 0;
  const queue = createQueue({
    run: async () => {
      begun += 1;
      await new Promise((resolve) => setTimeout(resolve, 1));
    },
  });
  for (let i = 0; i < 300; i++) queue.add(`key-${i}`);
  const counts: number[] = [];
  for (let before = 0; before < 300; before = begun) {
    await new Promise((resolve) => setImmediate(resolve));
    counts.push(begun - before);
  }
  assert.ok(Math.max(...counts) <= 16, `at most two bursts of eight between two looks, not ${Math.max(...counts)}`);
  await queue.idle();
});
