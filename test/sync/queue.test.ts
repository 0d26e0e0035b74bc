import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ApiError } from "../../shared/kube/api-error.ts";
import { createQueue } from "../../sync/queue.ts";
import { manualClock } from "../shared/kube/manual-clock.ts";

const throttled = new ApiError({
  status: 429,
  reason: "TooManyRequests",
  message: "slow down",
  retryAfterSeconds: 7,
  path: "/",
  cluster: "east",
});

/** A queue whose runs end when the test says so; `log` holds starts and ends. */
function gatedQueue(workers: number) {
  const clock = manualClock();
  const log: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const queue = createQueue({
    clock,
    workers,
    takeTurn: async () => undefined,
    run(key) {
      log.push(`start ${key}`);
      const gate = Promise.withResolvers<void>();
      gates.set(key, gate);
      return gate.promise.finally(() => log.push(`end ${key}`));
    },
  });
  const finish = async (key: string, error?: Error) => {
    const gate = gates.get(key);
    if (error) gate?.reject(error);
    else gate?.resolve();
    await clock.advance(0);
  };
  return { clock, log, queue, finish };
}

/** A queue whose runs fail as long as `errors` has any; `starts` holds the times. */
function failingQueue(errors: unknown[]) {
  const clock = manualClock();
  const starts: number[] = [];
  const pauses: number[] = [];
  const queue = createQueue({
    clock,
    takeTurn: async () => undefined,
    async run() {
      starts.push(clock.now());
      if (errors.length > 0) throw errors.shift();
    },
    onFailure: (_key, _error, _failures, pauseMs) => void pauses.push(pauseMs),
  });
  return { clock, starts, pauses, queue };
}

describe("order and doubles", () => {
  test("a waiting key is queued once", async () => {
    const { clock, log, queue, finish } = gatedQueue(1);
    for (const key of ["a", "b", "b", "a"]) queue.add(key);
    await clock.advance(0);
    await finish("a");
    await finish("b");
    await finish("a");
    assert.deepEqual(log, ["start a", "end a", "start b", "end b", "start a", "end a"]);
  });

  test("a key added while it runs is run again, after", async () => {
    const { clock, log, queue, finish } = gatedQueue(4);
    queue.add("a");
    await clock.advance(0);
    queue.add("a");
    queue.add("a");
    await clock.advance(0);
    assert.deepEqual(log, ["start a"]);
    assert.equal(queue.waiting, 1);
    await finish("a");
    assert.deepEqual(log, ["start a", "end a", "start a"]);
  });

  test("as many keys run as there are workers", async () => {
    const { clock, queue } = gatedQueue(2);
    for (const key of ["a", "b", "c"]) queue.add(key);
    await clock.advance(0);
    assert.deepEqual([queue.running, queue.waiting], [2, 1]);
  });

  test("add never runs anything before it returns", () => {
    const { log, queue } = gatedQueue(1);
    queue.add("a");
    assert.deepEqual(log, []);
  });
});

describe("failures", () => {
  test("pauses double from 5 ms to 30 s and never end", async () => {
    const { clock, pauses, queue } = failingQueue(Array.from({ length: 16 }, () => new Error("no")));
    queue.add("a");
    await clock.advance(300_000);
    assert.deepEqual(pauses.slice(0, 4), [5, 10, 20, 40]);
    assert.deepEqual(pauses.slice(-3), [30_000, 30_000, 30_000]);
    assert.equal(queue.failing, 0);
  });

  test("first adds are never delayed, a success forgets failures", async () => {
    const { clock, pauses, queue } = failingQueue([new Error("1"), new Error("2")]);
    queue.add("a");
    await clock.advance(100);
    queue.add("a");
    await clock.advance(100);
    assert.deepEqual(pauses, [5, 10]);
    const again = failingQueue([new Error("1")]);
    for (let i = 0; i < 1000; i++) again.queue.add(`key-${i}`);
    for (let turns = 0; turns < 200; turns++) await again.clock.advance(0);
    assert.equal(again.starts.length, 1000);
    assert.deepEqual(new Set(again.starts), new Set([0]));
  });

  test("a change during a pause is looked at at once, and takes the retry's place", async () => {
    const { clock, starts, queue } = failingQueue([new Error("1"), new Error("2"), new Error("3")]);
    queue.add("a");
    await clock.advance(16);
    queue.add("a");
    await clock.advance(1000);
    assert.deepEqual(starts, [0, 5, 15, 16]);
    assert.equal(queue.failing, 0);
  });

  test("a throttling server is asked nothing before its time, whatever the key", async () => {
    const { clock, log, queue, finish } = gatedQueue(2);
    for (const key of ["a", "b", "c"]) queue.add(key);
    await clock.advance(0);
    await finish("a", throttled);
    await finish("b");
    await clock.advance(6_999);
    assert.deepEqual(log, ["start a", "start b", "end a", "end b"]);
    await clock.advance(1);
    assert.deepEqual(log.slice(4), ["start c", "start a"]);
  });

  test("a throttling server decides the pause", async () => {
    const { clock, pauses, starts, queue } = failingQueue([throttled]);
    queue.add("a");
    await clock.advance(10_000);
    assert.deepEqual([pauses, starts], [[7000], [0, 7000]]);
  });

  test("a listener that throws stops nothing", async () => {
    const clock = manualClock();
    let runs = 0;
    const queue = createQueue({
      clock,
      takeTurn: async () => undefined,
      run: () => (++runs === 1 ? Promise.reject(new Error("no")) : Promise.resolve()),
      onFailure() {
        throw new Error("listener");
      },
    });
    queue.add("a");
    await clock.advance(100);
    assert.equal(runs, 2);
  });
});

describe("addAfter", () => {
  const rows: { name: string; adds: [atMs: number, afterMs: number][]; starts: number[] }[] = [
    { name: "waits", adds: [[0, 50]], starts: [50] },
    {
      name: "the earliest wins when it comes first",
      adds: [
        [0, 50],
        [0, 80],
      ],
      starts: [50],
    },
    {
      name: "the earliest wins when it comes second",
      adds: [
        [0, 80],
        [10, 20],
      ],
      starts: [30],
    },
    {
      name: "a past one does not count any more",
      adds: [
        [0, 10],
        [20, 50],
      ],
      starts: [10, 70],
    },
  ];
  for (const { name, adds, starts: expected } of rows) {
    test(name, async () => {
      const { clock, starts, queue } = failingQueue([]);
      for (const [at, after] of adds) {
        await clock.advance(at - clock.now());
        queue.addAfter("a", after);
      }
      await clock.advance(1000);
      assert.deepEqual(starts, expected);
    });
  }

  test("is kept although the key runs meanwhile", async () => {
    const { clock, starts, queue } = failingQueue([]);
    queue.addAfter("a", 50);
    queue.add("a");
    await clock.advance(1000);
    assert.deepEqual(starts, [0, 50]);
  });
});

describe("idle and stop", () => {
  test("idle waits for ready and running keys, not for later ones", async () => {
    const { clock, queue, finish } = gatedQueue(1);
    await queue.idle();
    queue.add("a");
    queue.add("b");
    queue.addAfter("c", 60_000);
    let idle = false;
    const waiting = queue.idle().then(() => {
      idle = true;
    });
    await clock.advance(0);
    await finish("a");
    assert.equal(idle, false);
    await finish("b");
    await waiting;
  });

  test("stop lets running keys end and starts no other", async () => {
    const { clock, log, queue, finish } = gatedQueue(1);
    queue.add("a");
    queue.add("b");
    queue.addAfter("c", 10);
    await clock.advance(0);
    const stopped = queue.stop();
    queue.add("d");
    await clock.advance(100);
    await finish("a", new Error("no"));
    await stopped;
    await clock.advance(100_000);
    assert.deepEqual(log, ["start a", "end a"]);
  });
});
