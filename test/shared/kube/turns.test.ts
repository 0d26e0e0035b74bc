import assert from "node:assert/strict";
import { test } from "node:test";
import { takeTurn } from "../../../shared/kube/turns.ts";

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Does `work` and counts how much of it was done in each turn of the event loop. */
async function countByTurn(count: number, work: (note: () => void) => Promise<unknown>): Promise<number[]> {
  let done = 0;
  const finished = work(() => {
    done += 1;
  });
  const counts: number[] = [];
  for (let before = 0; before < count; before = done) {
    await turn();
    counts.push(done - before);
  }
  await finished;
  return counts;
}

function spin(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

test("after a piece that takes long, others have a turn before the next one begins", async () => {
  const counts = await countByTurn(10, async (note) => {
    for (let i = 0; i < 10; i++) {
      await takeTurn();
      spin(6);
      note();
    }
  });
  assert.ok(Math.max(...counts) <= 2, `one at the end of a turn and one at the start of the next, not ${counts}`);
});

test("of many pieces that ask at the same time only a few begin in one turn, in order", async () => {
  const begun: number[] = [];
  const ask = async (i: number, note: () => void) => {
    await takeTurn();
    begun.push(i);
    note();
  };
  const counts = await countByTurn(500, (note) => Promise.all(Array.from({ length: 500 }, (_, i) => ask(i, note))));
  assert.ok(Math.max(...counts) <= 100, `at most fifty in each of two turns, not ${counts}`);
  assert.deepEqual(begun, [...begun.keys()]);
});

test("pieces that are known to cost much do not begin together, quickly as each is over", async () => {
  const counts = await countByTurn(10, async (note) => {
    for (let i = 0; i < 10; i++) {
      await takeTurn(6);
      note();
    }
  });
  assert.ok(Math.max(...counts) <= 2, `one at the end of a turn and one at the start of the next, not ${counts}`);
});

test("a piece in a quiet process begins before anything else has a turn", async () => {
  await turn();
  await turn();
  let others = 0;
  setImmediate(() => {
    others += 1;
  });
  await takeTurn();
  assert.equal(others, 0);
});
