import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { afterEach, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { type ApiError, classifyError } from "../../../shared/kube/api-error.ts";
import { createClient } from "../../../shared/kube/client.ts";
import type { KubeObject } from "../../../shared/kube/objects.ts";
import {
  type ReflectorOptions,
  type ReflectorState,
  startReflector,
  type Timings,
} from "../../../shared/kube/reflector.ts";
import { services } from "../../../shared/kube/resources.ts";
import { Store } from "../../../shared/kube/store.ts";
import { type SeenRequest, sendJson, startStallingProxy, startTinyServer } from "./tiny-server.ts";

type Cleanup = () => Promise<unknown> | undefined;
let cleanups: Cleanup[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  cleanups = [];
});

/** Thirty to forty times faster than in earnest. */
const FAST: Partial<Timings> = {
  backoffMs: [20, 200],
  healthyMs: 500,
  probeAfterMs: 200,
  probeDeadlineMs: 100,
  acceptMs: 300,
  silenceLimitMs: 1500,
};

interface Item {
  name: string;
  uid?: string;
  version: number;
  spec?: unknown;
}

function toObject({ name, uid = name, version, spec }: Item): KubeObject & { spec?: unknown } {
  return { metadata: { namespace: "shop", name, uid, resourceVersion: `${version}` }, ...(spec ? { spec } : {}) };
}

/** The server's side of a collection: what a list shows, and which watches are open. */
class Collection {
  items: Item[] = [];
  version = 1;
  /** Answers a list or a watch in another way; returns true if it did. */
  intercept: (request: SeenRequest, response: ServerResponse) => boolean = () => false;
  readonly lists: SeenRequest[] = [];
  readonly watches: { request: SeenRequest; response: ServerResponse }[] = [];

  handle(request: SeenRequest, response: ServerResponse): void {
    if (request.path === "/version") {
      sendJson(response, {});
      return;
    }
    const isWatch = request.query.has("watch");
    if (isWatch) this.watches.push({ request, response });
    else this.lists.push(request);
    if (this.intercept(request, response)) return;
    if (isWatch) response.writeHead(200).flushHeaders();
    else sendJson(response, { apiVersion: "v1", kind: "ServiceList", ...this.page() });
  }

  page() {
    return { metadata: { resourceVersion: `${this.version}` }, items: this.items.map(toObject) };
  }

  /** Sends to the newest watch. */
  send(type: string, item: Item | object): void {
    this.write(`${JSON.stringify({ type, object: "version" in item ? toObject(item as Item) : item })}\n`);
  }

  write(text: string): void {
    this.watches.at(-1)?.response.write(text);
  }

  lastWatch(): SeenRequest {
    return this.watches.at(-1)?.request ?? assert.fail("no watch");
  }
}

type Setup = Partial<ReflectorOptions<KubeObject>> & {
  items?: Item[];
  intercept?: Collection["intercept"];
  proxied?: boolean;
};

async function setUp({ items = [], intercept, proxied = false, timings, ...options }: Setup = {}) {
  const collection = new Collection();
  collection.items = items;
  if (intercept) collection.intercept = intercept;
  const server = await startTinyServer((request, response) => collection.handle(request, response));
  const proxy = await startStallingProxy(server.port);
  const client = createClient({ server: proxied ? proxy.url : server.url, podCIDRs: [] }, { cluster: "east" });
  const store = new Store<KubeObject>();
  const seen: string[] = [];
  const states: ReflectorState[] = [];
  const errors: unknown[] = [];
  const reflector = startReflector({
    client,
    path: services.all,
    store,
    onChange: ({ type, object }) => void seen.push(`${type} ${object.metadata.name}`),
    onState: (state) => void states.push(state),
    onError: (error) => void errors.push(error),
    ...options,
    timings: { ...FAST, ...timings },
  });
  cleanups.push(
    () => server.close(),
    () => proxy.close(),
    () => client.close(),
    () => reflector.stop(),
  );
  return { collection, server, proxy, client, store, seen, states, errors, reflector };
}

/** Waits until `condition` holds; fails after 5 s. */
async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (condition()) return;
    await wait(5);
  }
  assert.fail(`not within 5 s: ${what}`);
}

async function watching(setup: Awaited<ReturnType<typeof setUp>>): Promise<void> {
  await until(() => setup.reflector.state === "watching", "watching");
}

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
    const setup = await setUp({ labelSelector: "a=b", random: () => 0.5 });
    setup.collection.version = 77;
    await watching(setup);
    assert.equal(`${setup.collection.lists[0]?.query}`, "limit=500&labelSelector=a%3Db");
    assert.equal(
      `${setup.collection.lastWatch().query}`,
      "watch=true&allowWatchBookmarks=true&timeoutSeconds=450&resourceVersion=77&labelSelector=a%3Db",
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

  test("watches that end at once are renewed ever more slowly", async () => {
    const setup = await setUp({
      random: () => 0.99,
      intercept: (request, response) => request.query.has("watch") && Boolean(response.writeHead(200).end()),
    });
    await wait(500);
    assert.ok(setup.collection.watches.length <= 7, `${setup.collection.watches.length} watches in 0.5 s`);
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

describe("trouble", () => {
  const troubles: { name: string; cause(setup: Awaited<ReturnType<typeof setUp>>): void }[] = [
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

  test("exceptions of callbacks lose nothing and stop nothing", async () => {
    const seen: string[] = [];
    const setup = await setUp({
      items: [{ name: "a", version: 1 }],
      trim: () => {
        throw new Error("trim");
      },
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
    assert.deepEqual(told, ["change", "change", "change", "state", "state", "trim", "trim", "trim"]);
  });
});

describe("silence", () => {
  test("a black hole is noticed, the old state kept, and left soon after healing", async () => {
    const setup = await setUp({
      proxied: true,
      items: [{ name: "a", version: 1 }],
      timings: { silenceLimitMs: 60_000 },
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

  test("a mute watch of a server that answers is renewed after the limit", async () => {
    const setup = await setUp({ timings: { silenceLimitMs: 600 } });
    await until(() => setup.collection.watches.length === 2, "second watch");
    assert.ok(setup.server.requests.filter(({ path }) => path === "/version").length >= 2);
    assert.match(String(setup.errors[0]), /nothing received for 0.6 s/);
  });

  test("a slow line is life", async () => {
    const setup = await setUp({ timings: { silenceLimitMs: 300, probeAfterMs: 200 } });
    await watching(setup);
    const line = `${JSON.stringify({ type: "ADDED", object: toObject({ name: "slow", version: 2 }) })}\n`;
    for (const character of line.match(/.{1,10}|\n/gs) ?? []) {
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
