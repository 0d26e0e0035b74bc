import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isQuarantineError, Quota } from "../../../shared/kube/quota.ts";
import { type Item, setUp, toObject, until, watching } from "./reflector-setup.ts";
import { sendJson } from "./tiny-server.ts";

const item = (i: number): Item => ({ name: `n${i}`, version: 1 });
const items = (count: number): Item[] => Array.from({ length: count }, (_, i) => item(i));
const limits = { objects: 3, bytes: 1000 };

describe("quota", () => {
  const asked = { cluster: "east", path: "/" };
  test("counts what is kept, not what came", () => {
    const quota = new Quota(limits, asked);
    for (const each of items(3)) quota.replace(undefined, toObject(each));
    quota.replace(toObject(item(0)), toObject(item(0)));
    quota.replace(toObject(item(0)), undefined);
    quota.replace(undefined, toObject(item(4)));
    assert.throws(() => quota.replace(undefined, toObject(item(5))), /more than 3 objects/);
  });

  test("objects that grow are counted as they are now", () => {
    const quota = new Quota(limits, asked);
    const large = { ...toObject(item(0)), spec: "x".repeat(800) };
    quota.replace(undefined, toObject(item(0)));
    quota.replace(toObject(item(0)), large);
    quota.replace(large, toObject(item(0)));
    quota.replace(toObject(item(0)), large);
    assert.throws(
      () => quota.replace(undefined, { ...toObject(item(1)), spec: "x".repeat(100) } as object as typeof large),
      /1000 bytes/,
    );
  });
});

describe("a reflector with a quota", () => {
  test("a first list that is too long is not kept, and asked for again in its own time", async () => {
    const setup = await setUp({ items: items(4), quota: limits });
    await until(() => setup.reflector.state === "failing", "failing");
    assert.ok(isQuarantineError(setup.reflector.lastError));
    assert.equal(setup.store.size, 0);
    assert.equal(setup.collection.lists.length, 1);
  });

  test("pages without end are left, full ones and empty ones", async () => {
    for (const page of [items(2), []]) {
      let pages = 0;
      let atFirstFailure: number | undefined;
      const setup = await setUp({
        quota: limits,
        onError: () => {
          atFirstFailure ??= pages;
        },
        intercept: (request, response) => {
          if (request.query.has("watch")) return false;
          const names = page.map(({ name, version }) => toObject({ name: `${name}-${pages}`, version }));
          pages += 1;
          const metadata = { resourceVersion: "1", continue: "more" };
          sendJson(response, { apiVersion: "v1", kind: "ServiceList", metadata, items: names });
          return true;
        },
      });
      await until(() => setup.reflector.state === "failing", "failing");
      assert.ok(atFirstFailure !== undefined && atFirstFailure <= 11, `${atFirstFailure} pages`);
      await setup.reflector.stop();
    }
  });

  test("an event too many leaves everything as it was", async () => {
    const setup = await setUp({ items: items(3), quota: limits });
    await watching(setup);
    setup.collection.items = items(4);
    setup.collection.send("ADDED", { name: "n3", version: 2 });
    await until(() => setup.reflector.state === "failing", "failing");
    assert.ok(isQuarantineError(setup.reflector.lastError));
    assert.deepEqual([...setup.store.keys()].sort(), ["shop/n0", "shop/n1", "shop/n2"]);
  });

  test("events within it are no matter of how many there were", async () => {
    const setup = await setUp({ items: items(3), quota: limits });
    await watching(setup);
    for (let version = 2; version < 20; version++) setup.collection.send("MODIFIED", { name: "n0", version });
    setup.collection.send("DELETED", { name: "n1", version: 21 });
    setup.collection.send("ADDED", { name: "n9", version: 22 });
    await until(() => setup.store.has("shop/n9"), "the last event");
    assert.equal(setup.reflector.state, "watching");
  });
});
