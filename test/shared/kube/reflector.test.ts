import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { classifyError } from "../../../shared/kube/api-error.ts";
import type { Clock } from "../../../shared/kube/clock.ts";
import type { KubeObject } from "../../../shared/kube/objects.ts";
import { manualClock } from "./manual-clock.ts";
import { IMPATIENT, setUp, toObject, until, watching } from "./reflector-setup.ts";

describe("list and watch", () => {
  test("the list, then every event, then deletions", async () => {
    const setup = await setUp({ items: [{ name: "a", version: 1 }] });
    await setup.reflector.synced;
    await watching(setup);
    setup.collection.send("ADDED", { name: "b", version: 2 });
    setup.collection.send("MODIFIED", { name: "a", version: 3 });
    setup.collection.send("DELETED", { name: "b", version: 4 });
    await until(() => setup.seen.length === 4, "four changes");
    assert.deepEqual(setup.seen, ["added a", "added b", "modified a", "deleted b"]);
    assert.deepEqual([...setup.store.keys()], ["shop/a"]);
    assert.deepEqual(setup.states, ["listed", "watching"]);
    assert.ok(setup.reflector.hasSynced);
  });

  test("the watch starts where the list ended, with bookmarks, for 300 to 600 s", async () => {
    const setup = await setUp({ fieldSelector: "metadata.namespace!=b", random: () => 0.5 });
    setup.collection.version = 77;
    await watching(setup);
    assert.equal(`${setup.collection.lists[0]?.query}`, "limit=200&fieldSelector=metadata.namespace%21%3Db");
    assert.equal(
      `${setup.collection.lastWatch().query}`,
      "watch=true&allowWatchBookmarks=true&timeoutSeconds=450&resourceVersion=77&fieldSelector=metadata.namespace%21%3Db",
    );
  });

  test("a watch that ends in order is renewed at once, from the last bookmark", async () => {
    const setup = await setUp();
    await watching(setup);
    setup.collection.send("BOOKMARK", { metadata: { resourceVersion: "500" } });
    await wait(1050);
    setup.collection.watches[0]?.response.end();
    await until(() => setup.collection.watches.length === 2, "second watch");
    assert.equal(setup.collection.lastWatch().query.get("resourceVersion"), "500");
    assert.deepEqual(setup.states, ["listed", "watching"]);
    assert.deepEqual(setup.errors, []);
    assert.equal(setup.collection.lists.length, 1);
  });

  test("watches that end at once are renewed, ever more slowly", async () => {
    const clock = manualClock();
    const pauses: number[] = [];
    const after: Clock["after"] = (ms, callback) => {
      // Longer ones are the watchdog's.
      if (ms <= 200) pauses.push(ms);
      return clock.after(ms, callback);
    };
    const setup = await setUp({
      clock: { ...clock, after },
      timings: { backoffMs: [20, 200] },
      random: () => 0.5,
      intercept: (request, response) => request.query.has("watch") && Boolean(response.writeHead(200).end()),
    });
    for (let ended = 1; ended <= 6; ended++) {
      await until(() => pauses.length === ended, `the pause after watch ${ended}`);
      assert.equal(setup.collection.watches.length, ended);
      await clock.advance(pauses.at(-1) ?? 0);
    }
    await until(() => setup.collection.watches.length === 7, "watch 7");
    // The first is that after a list, which has a row of its own.
    assert.deepEqual(pauses.slice(0, 6), [10, 10, 20, 40, 80, 100]);
  });

  test("how far the store shows everything: after the list, in the middle of an event, after a bookmark", async () => {
    const told: (number | undefined)[] = [];
    const setup = await setUp({ onChange: () => void told.push(setup?.reflector.shown) });
    await watching(setup);
    assert.equal(setup.reflector.shown, 1);
    setup.collection.send("ADDED", { name: "a", version: 20 });
    setup.collection.send("DELETED", { name: "a", version: 21 });
    setup.collection.send("BOOKMARK", { metadata: { resourceVersion: "500" } });
    await until(() => setup.reflector.shown === 500, "the bookmark");
    assert.deepEqual(told, [20, 21]);
  });

  test("objects are trimmed, in lists and events", async () => {
    const trim = ({ metadata }: KubeObject): KubeObject => ({ metadata });
    const setup = await setUp({ trim, items: [{ name: "a", version: 1, spec: { big: true } }] });
    await watching(setup);
    setup.collection.send("ADDED", { name: "b", version: 2, spec: { big: true } });
    await until(() => setup.store.size === 2, "b");
    assert.deepEqual(
      [...setup.store.values()].map((object) => "spec" in object),
      [false, false],
    );
  });
});

describe("silence", () => {
  test("a black hole is noticed, the old state kept, and left soon after healing", async () => {
    const setup = await setUp({
      proxied: true,
      items: [{ name: "a", version: 1 }],
      timings: IMPATIENT,
    });
    await watching(setup);
    setup.proxy.stall();
    await until(() => setup.reflector.state === "failing", "failing");
    assert.equal(classifyError(setup.reflector.lastError), "unavailable");
    await wait(500);
    assert.deepEqual([...setup.store.keys()], ["shop/a"]);
    setup.proxy.heal();
    await until(() => setup.reflector.state === "watching", "watching again");
    setup.collection.send("ADDED", { name: "b", version: 2 });
    await until(() => setup.seen.includes("added b"), "what happened meanwhile");
  });

  test("a mute watch of a server that answers is renewed after the limit, which is no failure", async () => {
    const setup = await setUp({ timings: { silenceLimitMs: 1200, probeAfterMs: 200 } });
    await until(() => setup.collection.watches.length === 2, "second watch");
    assert.ok(setup.server.requests.filter(({ path }) => path === "/version").length >= 2);
    assert.deepEqual([setup.states, setup.errors], [["listed", "watching"], []]);
  });

  test("a slow line is life", async () => {
    const setup = await setUp({ timings: { silenceLimitMs: 1000, probeAfterMs: 500 } });
    await watching(setup);
    const line = `${JSON.stringify({ type: "ADDED", object: toObject({ name: "slow", version: 2 }) })}\n`;
    for (const character of line.match(/.{1,3}|\n/gs) ?? []) {
      setup.collection.write(character);
      await wait(60);
    }
    await until(() => setup.seen.includes("added slow"), "the slow event");
    assert.equal(setup.collection.watches.length, 1);
  });
});

describe("stop", () => {
  test("ends the watch and calls nothing any more", async () => {
    const setup = await setUp();
    await watching(setup);
    const closed = new Promise((resolve) => setup.collection.watches[0]?.response.on("close", resolve));
    await setup.reflector.stop();
    await closed;
    await wait(100);
    assert.equal(setup.collection.watches.length, 1);
    assert.deepEqual(setup.errors, []);
  });

  test("during a pause no new watch is started", async () => {
    const setup = await setUp({ timings: { backoffMs: [100, 100] }, random: () => 0.9 });
    await watching(setup);
    setup.server.reset();
    await until(() => setup.reflector.state === "failing", "failing");
    await setup.reflector.stop();
    await wait(200);
    assert.equal(setup.collection.watches.length, 1);
  });

  test("before the first list: synced rejects", async () => {
    const setup = await setUp({ intercept: () => true });
    await until(() => setup.collection.lists.length === 1, "list");
    await setup.reflector.stop();
    await assert.rejects(setup.reflector.synced, /stopped before the first list/);
  });
});
