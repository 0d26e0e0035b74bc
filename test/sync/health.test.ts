import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeClient } from "../../shared/kube/client.ts";
import type { KubeObject } from "../../shared/kube/objects.ts";
import { type Reflector, startReflector } from "../../shared/kube/reflector.ts";
import { Store } from "../../shared/kube/store.ts";
import { judgeHealth, latch } from "../../sync/health.ts";

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

test("a list of a slow peer is activity with each of its pages, however long it takes", async (t) => {
  let now = 0;
  const watches = new Map<string, Reflector>();
  const said: (string | undefined)[] = [];
  async function* pages() {
    for (let page = 0; page < 20; page++) {
      // Within the time that a page has.
      now += 29_000;
      said.push(judgeHealth(now, [{ name: "west", watches }]));
      yield { items: [], resourceVersion: "1" };
    }
    throw new Error("enough");
  }
  const client = { cluster: "west", pages } as unknown as KubeClient;
  const failed = Promise.withResolvers<unknown>();
  const clock = { now: () => now, after: () => () => undefined };
  const store = new Store<KubeObject>({});
  const reflector = startReflector({ client, path: "/api/v1/services", store, clock, onError: failed.resolve });
  t.after(() => reflector.stop());
  watches.set("services", reflector);
  await failed.promise;
  assert.deepEqual(said, Array(20).fill(undefined));
});

test("who was ready once stays so", () => {
  const seen = [false, true, false];
  const isReady = latch(() => seen.shift() === true);
  assert.deepEqual([isReady(), isReady(), isReady(), isReady()], [false, true, true, true]);
});
