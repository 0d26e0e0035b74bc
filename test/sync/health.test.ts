import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeHealth } from "../../sync/health.ts";

const MINUTE = 60_000;
const cluster = (name: string, activeAt: Record<string, number>) => {
  return { name, watches: new Map(Object.entries(activeAt).map(([kind, at]) => [kind, { activeAt: at }])) };
};

test("well while every watch hears or tries something", () => {
  const now = 100 * MINUTE;
  assert.equal(judgeHealth(now, []), undefined);
  assert.equal(judgeHealth(now, [cluster("east", { services: now - 4.9 * MINUTE, namespaces: now })], now), undefined);
});

test("one watch that is stuck is enough, whatever the others hear", () => {
  const now = 100 * MINUTE;
  const clusters = [
    cluster("east", { services: now, endpointslices: now - 6 * MINUTE }),
    cluster("west", { services: 0 }),
  ];
  assert.equal(
    judgeHealth(now, clusters),
    "east: nothing heard or tried of endpointslices for 360 s; west: nothing heard or tried of services for 6000 s",
  );
});

test("a pass without an end is told", () => {
  assert.match(judgeHealth(20 * MINUTE, [], 9 * MINUTE) ?? "", /has run for 660 s/);
});
