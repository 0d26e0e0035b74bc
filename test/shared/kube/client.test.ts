import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { classifyError } from "../../../shared/kube/api-error.ts";
import { createClient, type KubeClient } from "../../../shared/kube/client.ts";
import { services } from "../../../shared/kube/resources.ts";
import { cart, failure, setUp } from "./client-setup.ts";
import { sendJson } from "./tiny-server.ts";

const object = { metadata: { name: "cart" } };
const writes: {
  name: string;
  call(client: KubeClient): Promise<unknown>;
  sent: string;
  type: string;
  body: unknown;
}[] = [
  {
    name: "create",
    call: (client) => client.create(services.in("shop"), object),
    sent: "POST /api/v1/namespaces/shop/services?fieldManager=me",
    type: "application/json",
    body: object,
  },
  {
    name: "replace with another manager",
    call: (client) => client.replace(cart, object, { fieldManager: "you" }),
    sent: "PUT /api/v1/namespaces/shop/services/cart?fieldManager=you",
    type: "application/json",
    body: object,
  },
  {
    name: "merge patch, dry run",
    call: (client) => client.patch(cart, object, "merge", { dryRun: true }),
    sent: "PATCH /api/v1/namespaces/shop/services/cart?fieldManager=me&dryRun=All",
    type: "application/merge-patch+json",
    body: object,
  },
  {
    name: "strategic patch",
    call: (client) => client.patch(cart, object, "strategic"),
    sent: "PATCH /api/v1/namespaces/shop/services/cart?fieldManager=me",
    type: "application/strategic-merge-patch+json",
    body: object,
  },
  {
    name: "JSON patch",
    call: (client) => client.patch(cart, [{ op: "remove", path: "/spec/selector" }], "json"),
    sent: "PATCH /api/v1/namespaces/shop/services/cart?fieldManager=me",
    type: "application/json-patch+json",
    body: [{ op: "remove", path: "/spec/selector" }],
  },
  {
    name: "forced apply",
    call: (client) => client.patch(cart, object, "apply", { force: true }),
    sent: "PATCH /api/v1/namespaces/shop/services/cart?fieldManager=me&force=true",
    type: "application/apply-patch+yaml",
    body: object,
  },
  {
    name: "remove with preconditions",
    call: (client) => client.remove(cart, { uid: "u", resourceVersion: "7" }, { propagation: "Orphan", dryRun: true }),
    sent: "DELETE /api/v1/namespaces/shop/services/cart?",
    type: "application/json",
    body: {
      apiVersion: "v1",
      kind: "DeleteOptions",
      preconditions: { uid: "u", resourceVersion: "7" },
      propagationPolicy: "Orphan",
      dryRun: ["All"],
    },
  },
];

describe("what is sent", () => {
  for (const { name, call, sent, type, body } of writes) {
    test(name, async () => {
      const { client, last } = await setUp(undefined, { fieldManager: "me" });
      await call(client);
      const { method, path, query, headers, body: seen } = last();
      assert.equal(`${method} ${path}?${query}`, sent);
      assert.equal(headers["content-type"], type);
      assert.deepEqual(seen, body);
    });
  }

  test("token, user agent and a path prefix", async () => {
    const { server, last } = await setUp();
    const credentials = {
      server: `${server.url}/k8s/c-1`,
      token: "abc",
      headers: { "Impersonate-User": "jane" },
      podCIDRs: [],
    };
    const client = createClient(credentials, { cluster: "east" });
    await client.get(cart);
    await client.close();
    assert.equal(last().path, `/k8s/c-1${cart}`);
    assert.equal(last().headers.authorization, "Bearer abc");
    assert.equal(last().headers["user-agent"], "kubectl-syndicate");
    assert.equal(last().headers["impersonate-user"], "jane");
  });

  test("a thousand requests in a row share their connections", async () => {
    const { server, client } = await setUp();
    for (let i = 0; i < 1000; i++) await client.get(cart);
    // The second request may come before undici has noted that the first connection is free again.
    assert.ok(server.connections() <= 2, `${server.connections()} connections`);
  });
});

describe("what comes back", () => {
  test("unknown fields and odd keys survive", async () => {
    const raw = '{"metadata":{"labels":{"__proto__":"a","constructor":"b"}},"spec":{"new":[1]}}';
    const { client } = await setUp((_request, response) => response.end(raw));
    assert.equal(JSON.stringify(await client.get(cart)), raw);
  });

  test("a Status becomes an ApiError with cluster and path", async () => {
    const status = {
      kind: "Status",
      reason: "NotFound",
      message: 'services "cart" not found',
      details: { name: "cart" },
    };
    const { client } = await setUp((_request, response) => sendJson(response, status, 404));
    const error = await failure(client.get(cart));
    assert.deepEqual([error.status, error.reason, error.cluster, error.path], [404, "NotFound", "east", cart]);
  });

  test("429 carries Retry-After", async () => {
    const { client } = await setUp((_request, response) => sendJson(response, {}, 429, { "retry-after": "3" }));
    const error = await failure(client.get(cart));
    assert.deepEqual([classifyError(error), error.retryAfterSeconds], ["throttled", 3]);
  });

  test("warnings are told apart and unescaped", async () => {
    const warnings: string[] = [];
    const { client } = await setUp(
      (_request, response) => {
        response.setHeader("warning", [
          '299 - "v1 Endpoints is deprecated, use slices"',
          '299 - "a \\"b\\"", 299 - "c"',
        ]);
        sendJson(response, {});
      },
      { onWarning: (text) => void warnings.push(text) },
    );
    await client.get(cart);
    assert.deepEqual(warnings, ["v1 Endpoints is deprecated, use slices", 'a "b"', "c"]);
  });

  test("who objects to a warning gets their own words back, not an outage that is waited for", async () => {
    const onWarning = () => {
      throw new Error("warnings are errors here");
    };
    const { client } = await setUp(
      (_request, response) => {
        response.setHeader("warning", '299 - "old"');
        sendJson(response, {});
      },
      { onWarning },
    );
    const error = await failure(client.get(cart));
    assert.deepEqual([classifyError(error), error.status, error.reason], ["fault", 200, "Warning"]);
    assert.match(error.message, /: warnings are errors here$/);
  });

  test("HTML from a proxy is an error, not a crash", async () => {
    const { client } = await setUp((_request, response) => response.end("<html>login</html>"));
    assert.equal(classifyError(await failure(client.get(cart))), "unavailable");
  });
});

describe("lists", () => {
  const page = (names: string[], more: string | undefined) => ({
    apiVersion: "v1",
    kind: "ServiceList",
    metadata: { resourceVersion: "9", ...(more ? { continue: more } : {}) },
    items: names.map((name) => ({ metadata: { name } })),
  });

  test("pages are joined, items named as in watch events", async () => {
    const { server, client } = await setUp(({ query }, response) =>
      sendJson(response, query.get("continue") === "p2" ? page(["c"], undefined) : page(["a", "b"], "p2")),
    );
    const list = await client.list(services.all, { limit: 2, labelSelector: "a=b" });
    assert.deepEqual(list, {
      resourceVersion: "9",
      items: ["a", "b", "c"].map((name) => ({ apiVersion: "v1", kind: "Service", metadata: { name } })),
    });
    assert.deepEqual(
      server.requests.map(({ query }) => `${query}`),
      ["limit=2&labelSelector=a%3Db", "limit=2&labelSelector=a%3Db&continue=p2"],
    );
  });

  test("the next page is asked for before the last one is used; who leaves early is not told of its failure", async () => {
    const second = Promise.withResolvers<void>();
    const { client } = await setUp(({ query }, response) => {
      if (!query.has("continue")) return sendJson(response, page(["a"], "p2"));
      second.resolve();
      sendJson(response, { kind: "Status", reason: "InternalError" }, 500);
    });
    for await (const { items } of client.pages(services.all)) {
      assert.equal(items.length, 1);
      await second.promise;
      break;
    }
  });

  test("a forgotten place is answered by one request for all", async () => {
    const { client } = await setUp(({ query }, response) => {
      if (query.has("continue")) sendJson(response, { kind: "Status", reason: "Expired" }, 410);
      else sendJson(response, query.has("limit") ? page(["a"], "p2") : page(["a", "b", "c"], undefined));
    });
    assert.equal((await client.list(services.all)).items.length, 3);
  });

  test("no items at all may be null", async () => {
    const { client } = await setUp((_request, response) => sendJson(response, { ...page([], undefined), items: null }));
    assert.deepEqual((await client.list(services.all)).items, []);
  });
});
