import assert from "node:assert/strict";
import { test } from "node:test";
import { runMove } from "../../../plugin/migrate/run.ts";
import { ApiError } from "../../../shared/kube/api-error.ts";
import { lookAt, replicated, startPods, worldClock } from "../model-clusters.ts";
import { unionMove } from "../moves.ts";
import { drive, forward, limits } from "./model-run.ts";

function movable() {
  const world = replicated();
  startPods(world, "west", 3);
  return world;
}

function answer(status: number, reason: string, message: string) {
  return (cluster: string) => {
    throw new ApiError({ cluster, path: "/x", status, reason, message });
  };
}

const passing: [string, number, string, string, string][] = [
  [
    "a webhook is down",
    500,
    "InternalError",
    "failed calling webhook",
    "cannot be written now: failed calling webhook",
  ],
  ["no answer comes", 0, "ECONNREFUSED", "refused", "cannot be written now: no answer: refused"],
  ["too many requests", 429, "TooManyRequests", "slow down", "cannot be written now: slow down"],
];

for (const [what, status, reason, text, message] of passing) {
  test(`${what}: the write is tried again, and what is waited for is told, to the end`, async () => {
    const within = { ...limits, timeoutMs: 20_000 };
    const ran = await drive(movable(), forward(unionMove), undefined, within, answer(status, reason, text));
    const waits = [{ cluster: "west", message }];
    assert.deepEqual(ran.outcome, { kind: "timedOut", step: "prepare", waits });
    assert.deepEqual(ran.events.at(-1), { kind: "waiting", step: "prepare", waits });
  });
}

test("a conflict is looked at again without a word", async () => {
  let first = true;
  const { outcome, events } = await drive(movable(), forward(unionMove), undefined, limits, (cluster) => {
    if (!first) return;
    first = false;
    answer(409, "Conflict", "changed")(cluster);
  });
  assert.equal(outcome.kind, "arrived");
  assert.ok(
    !events.some((event) => event.kind === "waiting" && event.waits.some(({ message }) => /written/.test(message))),
  );
});

for (const [what, status, reason] of [
  ["credentials that cannot be had any more", 0, "Credentials"],
  ["a warning, to whom warnings are errors,", 200, "Warning"],
] as const) {
  test(`${what} end the move with their reason`, () =>
    assert.rejects(
      drive(movable(), forward(unionMove), undefined, limits, answer(status, reason, "the reason")),
      /the reason/,
    ));
}

test("a cluster that cannot be read is told with the reason", async () => {
  const world = movable();
  world.cluster("west").reachable = false;
  const outcome = await runMove(
    forward(unionMove),
    {
      clock: worldClock(world),
      signal: new AbortController().signal,
      onEvent: () => undefined,
      read: async () => ({ ...lookAt(world), problems: new Map([["west", "no answer: ETIMEDOUT"]]) }),
      write: async () => undefined,
    },
    { ...limits, timeoutMs: 5000 },
  );
  assert.deepEqual(outcome.kind === "timedOut" && outcome.waits, [
    { cluster: "west", message: "cannot be read now: no answer: ETIMEDOUT" },
  ]);
});
