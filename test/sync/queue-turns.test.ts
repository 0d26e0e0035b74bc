import assert from "node:assert/strict";
import { test } from "node:test";
import { createQueue } from "../../sync/queue.ts";

test("runs that wait for nothing leave the event loop to others in between", async () => {
  const runs: string[] = [];
  const spin = () => {
    for (const until = performance.now() + 1; performance.now() < until; );
  };
  const queue = createQueue({
    run: async (key) => {
      spin();
      runs.push(key);
    },
  });
  for (let i = 0; i < 100; i++) queue.add(`key-${i}`);
  const seen: number[] = [];
  while (runs.length < 100) {
    seen.push(runs.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(seen.length > 10, `the others had a turn after ${seen} runs`);
});

test("a run begins when its turn has come, however many workers are free", async () => {
  const turns: (() => void)[] = [];
  const begun: string[] = [];
  const queue = createQueue({
    run: async (key) => void begun.push(key),
    takeTurn: () => new Promise((resolve) => turns.push(resolve)),
  });
  for (const key of ["a", "b", "c"]) queue.add(key);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(begun, []);
  turns.shift()?.();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(begun, ["a"]);
  for (const take of turns) take();
  await queue.idle();
  assert.deepEqual(begun, ["a", "b", "c"]);
});
