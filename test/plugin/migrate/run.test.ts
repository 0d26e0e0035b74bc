import assert from "node:assert/strict";
import { test } from "node:test";
import { MIN_READY, MODE } from "../../../shared/keys.ts";
import { annotation } from "../../../shared/kube/objects.ts";
import type { World } from "../../model/world.ts";
import { replicated, startPods } from "../model-clusters.ts";
import { unionMove } from "../moves.ts";
import { limits, runOver } from "./model-run.ts";

const move = unionMove;
function movable(): World {
  const world = replicated();
  startPods(world, "west", 3);
  return world;
}

/** The addresses that clients of a cluster may be sent to, and that are not there any more. */
function publishedIn(world: World, cluster: string): string[] {
  const slices = [...world.cluster(cluster).slices.values()].filter(
    ({ metadata }) => !metadata.name.includes("syndicate"),
  );
  return [
    ...new Set(slices.flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses))),
  ].sort();
}

for (const strategy of ["union", "cutover"] as const) {
  test(`${strategy}: arrives, and then nothing leads to the old pods`, async () => {
    const world = movable();
    const { outcome, events } = await runOver(world, { ...move, strategy });
    assert.deepEqual(outcome, { kind: "arrived", idle: false });
    const expected = ["10.2.0.1", "10.2.0.2", "10.2.0.3"];
    for (const cluster of ["east", "west"]) assert.deepEqual(publishedIn(world, cluster), expected, cluster);
    assert.equal(annotation(world.cluster("east").services.get("web") ?? { metadata: { name: "" } }, MODE), "receiver");
    const quiet = events.flatMap((event) => (event.kind === "settling" ? [event.quietMs] : []));
    assert.ok((quiet.at(-1) ?? 0) >= limits.settleMs, "the settle time has passed");
    const closing = events.findIndex((event) => event.kind === "wrote" && event.step === "settle");
    const again = events.slice(closing).filter((event) => event.kind === "settling" && event.quietMs === 0);
    assert.ok(closing > 0 && again.length === 0, "the notes that close the move are not settled after once more");
  });
}

test("a second run has nothing to do and writes nothing", async () => {
  const world = movable();
  await runOver(world, move);
  const before = world.log.length;
  assert.deepEqual((await runOver(world, move)).outcome, { kind: "arrived", idle: true });
  assert.equal(world.log.length, before);
});

test("stopped anywhere, the same command goes on to the end", async () => {
  for (let stopAt = 1; stopAt < 40; stopAt += 3) {
    const world = movable();
    const first = await runOver(world, move, (look, stop) => look === stopAt && stop());
    assert.ok(first.outcome.kind === "interrupted" || first.outcome.kind === "arrived", `look ${stopAt}`);
    assert.equal((await runOver(world, move)).outcome.kind, "arrived", `resumed after look ${stopAt}`);
  }
});

test("time is up: it says what it waits for", async () => {
  const world = replicated();
  startPods(world, "west", 1);
  const { outcome } = await runOver(world, { ...move, strategy: "cutover" }, undefined, {
    ...limits,
    timeoutMs: 30_000,
  });
  assert.equal(outcome.kind, "timedOut");
  assert.ok(outcome.kind === "timedOut" && outcome.step === "drain");
  assert.ok(outcome.waits.some(({ message }) => message.includes("west has 1 of 3 ready endpoints")));
});

test("the time that both shall serve does not count as waiting", async () => {
  const within = { ...limits, timeoutMs: 60_000 };
  const { outcome } = await runOver(movable(), { ...move, holdMs: 180_000 }, undefined, within);
  assert.deepEqual(outcome, { kind: "arrived", idle: false });
});

test("pods that come late are waited for", async () => {
  const world = replicated();
  const { outcome } = await runOver(world, { ...move, strategy: "cutover" }, (look) => {
    if (look === 20) startPods(world, "west", 3);
  });
  assert.equal(outcome.kind, "arrived");
});

test("a cluster that goes away for a while only delays the move", async () => {
  const world = movable();
  const { outcome } = await runOver(world, move, (look) => {
    if (look === 5) world.cluster("west").reachable = false;
    if (look === 25) world.cluster("west").reachable = true;
  });
  assert.equal(outcome.kind, "arrived");
});

test("somebody else's declaration is not fought over", async () => {
  const world = movable();
  const taken = runOver(world, move, (look) => {
    if (look === 6) world.annotate("east", { [MODE]: "source" });
  });
  await assert.rejects(taken, /somebody changed shop\/web in east meanwhile/);
});

test("a change between look and write is looked at again", async () => {
  const world = movable();
  let spoilt = false;
  const spoiler = { ...move };
  const { outcome } = await runOver(world, spoiler, (look) => {
    if (look === 1 && !spoilt) {
      spoilt = true;
      queueMicrotask(() => world.annotate("west", { [MIN_READY]: "1" }));
    }
  });
  assert.equal(outcome.kind, "arrived");
});

test("the settle time starts anew when a slice changes", async () => {
  const world = movable();
  let added = false;
  const { outcome, events } = await runOver(world, move, () => {
    const settling = world.log.length > 0 && eventsSettling(world);
    if (settling && !added) {
      added = true;
      startPods(world, "west", 4);
    }
  });
  assert.equal(outcome.kind, "arrived");
  const quiet = events.flatMap((event) => (event.kind === "settling" ? [event.quietMs] : []));
  assert.ok(quiet.filter((ms) => ms === 0).length >= 2, `restarted: ${quiet.join(" ")}`);
});

/** True once east has released. */
function eventsSettling(world: World): boolean {
  const east = world.cluster("east").services.get("web");
  const shadow = world.cluster("east").services.has("web-syndicate");
  return (
    east !== undefined && annotation(east, MODE) === "receiver" && !shadow && publishedIn(world, "east").length === 3
  );
}
