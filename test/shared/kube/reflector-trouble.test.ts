import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { describe, test } from "node:test";
import { type ApiError, classifyError } from "../../../shared/kube/api-error.ts";
import type { KubeObject } from "../../../shared/kube/objects.ts";
import {
  type Collection,
  type Item,
  type ReflectorSetup,
  setUp,
  toObject,
  until,
  watching,
} from "./reflector-setup.ts";
import { sendJson } from "./tiny-server.ts";

describe("trouble", () => {
  const troubles: { name: string; cause(setup: ReflectorSetup): void }[] = [
    { name: "a reset", cause: ({ server }) => server.reset() },
    { name: "a line that is not JSON", cause: ({ collection }) => collection.write("oops\n") },
    {
      name: "a line cut off",
      cause: ({ collection }) => void collection.watches.at(-1)?.response.end('{"type":"ADDED","obj'),
    },
    {
      name: "an ERROR event",
      cause: ({ collection }) => collection.send("ERROR", { kind: "Status", code: 500, message: "etcd is away" }),
    },
    { name: "an unknown event", cause: ({ collection }) => collection.send("SURPRISE", { name: "x", version: 9 }) },
  ];
  for (const { name, cause } of troubles) {
    test(`${name}: the watch goes on where it was, without a new list`, async () => {
      const setup = await setUp({ items: [{ name: "a", version: 1 }] });
      await watching(setup);
      setup.collection.send("MODIFIED", { name: "a", version: 5 });
      await until(() => setup.seen.includes("modified a"), "event");
      cause(setup);
      await until(() => setup.collection.watches.length === 2, "second watch");
      await watching(setup);
      assert.equal(setup.collection.lastWatch().query.get("resourceVersion"), "5");
      assert.deepEqual(setup.states, ["listed", "watching", "failing", "watching"]);
      assert.equal(setup.collection.lists.length, 1);
      assert.equal(setup.errors.length, 1);
      assert.equal(setup.reflector.lastError, undefined);
      setup.collection.send("ADDED", { name: "b", version: 6 });
      await until(() => setup.seen.includes("added b"), "event after the trouble");
    });
  }

  for (const [name, expire] of [
    [
      "in an event",
      (collection: Collection) => collection.send("ERROR", { kind: "Status", code: 410, reason: "Expired" }),
    ],
    ["in the answer", (collection: Collection) => collection.watches.at(-1)?.response.end()],
  ] as const) {
    test(`410 ${name}: lists again, and serves the old state until the list is complete`, async () => {
      const setup = await setUp({
        items: [
          { name: "a", version: 1 },
          { name: "b", uid: "b1", version: 1 },
        ],
      });
      await watching(setup);
      const lists: ServerResponse[] = [];
      let refuse = name === "in the answer";
      setup.collection.intercept = (request, response) => {
        if (request.query.has("watch")) {
          if (!refuse) return false;
          refuse = false;
          sendJson(response, { kind: "Status", code: 410, reason: "Expired" }, 410);
          return true;
        }
        return lists.push(response) > 0;
      };
      expire(setup.collection);
      await until(() => lists.length === 1, "second list");
      assert.equal(setup.reflector.state, "failing");
      assert.equal(classifyError(setup.reflector.lastError), "gone");
      const page = (items: Item[], more?: string) => ({
        apiVersion: "v1",
        kind: "ServiceList",
        metadata: { resourceVersion: "9", ...(more ? { continue: more } : {}) },
        items: items.map(toObject),
      });
      if (lists[0]) sendJson(lists[0], page([{ name: "b", uid: "b2", version: 8 }], "more"));
      await until(() => lists.length === 2, "second page");
      assert.deepEqual([...setup.store.keys()].sort(), ["shop/a", "shop/b"]);
      assert.equal(setup.store.get("shop/b")?.metadata.uid, "b1");
      if (lists[1]) sendJson(lists[1], page([{ name: "c", version: 9 }]));
      await watching(setup);
      assert.deepEqual(setup.seen, ["added a", "added b", "deleted a", "deleted b", "added b", "added c"]);
      assert.equal(setup.collection.lastWatch().query.get("resourceVersion"), "9");
    });
  }

  test("a place that cannot be watched from is left by a new list", async () => {
    const setup = await setUp();
    setup.collection.intercept = (request, response) => {
      if (!request.query.has("watch") || setup.collection.lists.length > 1) return false;
      response.end("oops\n");
      return true;
    };
    await until(() => setup.collection.lists.length === 2, "second list");
    await watching(setup);
    assert.equal(setup.collection.watches.length, 4);
  });

  for (const code of [403, 404, 500]) {
    test(`${code} on the list: not listed, and tried until it works`, async () => {
      let refusing = true;
      const setup = await setUp({
        items: [{ name: "a", version: 1 }],
        intercept: (_request, response) => {
          if (refusing) sendJson(response, { kind: "Status" }, code);
          return refusing;
        },
      });
      await until(() => setup.collection.lists.length > 2, "retries");
      assert.deepEqual([setup.reflector.state, setup.reflector.hasSynced], ["failing", false]);
      assert.equal((setup.reflector.lastError as ApiError).status, code);
      refusing = false;
      await setup.reflector.synced;
      await watching(setup);
      assert.deepEqual(setup.states, ["failing", "listed", "watching"]);
    });
  }

  test("429: Retry-After is respected", async () => {
    const at: number[] = [];
    const setup = await setUp({
      intercept: (_request, response) => {
        at.push(performance.now());
        if (at.length === 1) sendJson(response, {}, 429, { "retry-after": "1" });
        return at.length === 1;
      },
    });
    await setup.reflector.synced;
    assert.ok((at[1] ?? 0) - (at[0] ?? 0) > 950);
  });

  test("a watch that is ended soon after it brought something is opened again without a pause", async () => {
    const hour = 3_600_000;
    const setup = await setUp({ items: [{ name: "a", version: 1 }], timings: { backoffMs: [hour, hour] } });
    await watching(setup);
    setup.collection.send("MODIFIED", { name: "a", version: 5 });
    setup.collection.watches.at(-1)?.response.end();
    await until(() => setup.collection.watches.length === 2, "second watch");
    assert.equal(setup.collection.lastWatch().query.get("resourceVersion"), "5");
    assert.deepEqual(setup.errors, []);
  });

  test("a listener for errors that throws stops nothing", async () => {
    const setup = await setUp({
      onError: () => {
        throw new Error("listener");
      },
    });
    await watching(setup);
    setup.server.reset();
    await until(() => setup.collection.watches.length === 2, "second watch");
  });

  test("exceptions of callbacks lose nothing and stop nothing", async () => {
    const seen: string[] = [];
    const setup = await setUp({
      items: [{ name: "a", version: 1 }],
      onChange: ({ type, object }) => {
        seen.push(`${type} ${object.metadata.name}`);
        throw new Error("change");
      },
      onState: () => {
        throw new Error("state");
      },
    });
    await watching(setup);
    setup.collection.send("ADDED", { name: "b", version: 2 });
    setup.collection.send("ADDED", { name: "c", version: 3 });
    await until(() => seen.length === 3, "three changes");
    assert.deepEqual(seen, ["added a", "added b", "added c"]);
    assert.equal(setup.collection.watches.length, 1);
    const told = setup.errors.map((error) => (error as Error).message).sort();
    assert.deepEqual(told, ["change", "change", "change", "state", "state"]);
  });

  test("an object that cannot be trimmed is neither kept nor taken for gone, and listed until it can be", async () => {
    const trim = (object: KubeObject & { spec?: unknown }) => {
      if (object.spec === "odd") throw new TypeError("spec of the Service is none");
      return object;
    };
    const setup = await setUp({ trim, items: [{ name: "a", version: 1 }] });
    await watching(setup);
    setup.collection.items = [{ name: "a", version: 2, spec: "odd" }];
    setup.collection.send("MODIFIED", setup.collection.items[0] as Item);
    await until(() => setup.collection.lists.length > 2, "lists");
    const { reason, message } = setup.reflector.lastError as ApiError;
    assert.deepEqual([reason, message], ["Malformed", "east /api/v1/services: spec of the Service is none"]);
    assert.ok(setup.errors.every((error) => classifyError(error) === "unavailable"));
    assert.equal(setup.store.get("shop/a")?.metadata.resourceVersion, "1");
    setup.collection.items = [{ name: "a", version: 3 }];
    await until(() => setup.store.get("shop/a")?.metadata.resourceVersion === "3", "the next list");
  });
});
