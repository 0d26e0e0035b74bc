import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { ApiError, classifyError } from "../../../shared/kube/api-error.ts";
import { type ClientOptions, createClient, type KubeClient } from "../../../shared/kube/client.ts";
import type { ClusterCredentials } from "../../../shared/kube/credentials.ts";
import { services } from "../../../shared/kube/resources.ts";
import { makeCertificate } from "./test-certificates.ts";
import { type Handler, type SeenRequest, sendJson, startTinyServer, type TinyServer } from "./tiny-server.ts";

const closers: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
});

const cart = services.one("shop", "cart");

/** A client and a server that answers every request with `{}` unless told otherwise. */
async function setUp(
  handler: Handler = (_request, response) => sendJson(response, {}),
  options: Partial<ClientOptions> = {},
  credentials: Partial<ClusterCredentials> = {},
): Promise<{ server: TinyServer; client: KubeClient; last(): SeenRequest }> {
  const server = await startTinyServer(handler);
  const client = createClient({ server: server.url, podCIDRs: [], ...credentials }, { cluster: "east", ...options });
  closers.push(
    () => server.close(),
    () => client.close(),
  );
  const last = () => server.requests.at(-1) ?? assert.fail("no request");
  return { server, client, last };
}

async function failure(call: Promise<unknown>): Promise<ApiError> {
  const error = await call.then(
    () => assert.fail("no error"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ApiError, String(error));
  return error;
}

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

  test("HTML from a proxy is an error, not a crash", async () => {
    const { client } = await setUp((_request, response) => response.end("<html>login</html>"));
    assert.equal(classifyError(await failure(client.get(cart))), "unavailable");
  });
});

describe("no answer", () => {
  test("refused", async () => {
    const { server, client } = await setUp();
    await server.close();
    closers.splice(-2, 1);
    const error = await failure(client.get(cart));
    assert.deepEqual([classifyError(error), error.reason], ["unavailable", "ECONNREFUSED"]);
  });

  test("reset in the middle of the body", async () => {
    const { server, client } = await setUp((_request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("{");
      setTimeout(() => server.reset(), 20);
    });
    assert.equal(classifyError(await failure(client.get(cart))), "unavailable");
  });

  for (const [name, answer] of [
    ["no headers", () => undefined],
    ["half a body", (_request, response) => response.writeHead(200, { "content-length": "100" }).write("{")],
  ] as [string, Handler][]) {
    test(`the deadline ends a call with ${name}`, async () => {
      const { client } = await setUp(answer);
      const error = await failure(client.get(cart, { deadlineMs: 50 }));
      assert.deepEqual([classifyError(error), error.reason], ["unavailable", "Timeout"]);
      assert.match(error.message, /no answer within 0.05 s/);
    });
  }

  test("the caller's signal ends a call", async () => {
    const { client } = await setUp(() => undefined);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    assert.equal((await failure(client.get(cart, { signal: controller.signal }))).reason, "Aborted");
    assert.equal((await failure(client.get(cart, { signal: controller.signal }))).reason, "Aborted");
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

describe("streams", () => {
  const line = (name: string) => `${JSON.stringify({ type: "ADDED", object: { metadata: { name } } })}\n`;

  async function collect(client: KubeClient, signal = new AbortController().signal) {
    const names: string[] = [];
    let chunks = 0;
    try {
      for await (const { object: seen } of await client.stream("/watch", signal, { onBytes: () => chunks++ })) {
        names.push(seen.metadata.name);
      }
      return { names, chunks, error: undefined };
    } catch (error) {
      assert.ok(error instanceof ApiError, String(error));
      return { names, chunks, error };
    }
  }

  test("a clean end is the end", async () => {
    const { client } = await setUp((_request, response) => response.end(line("a") + line("b")));
    assert.deepEqual((await collect(client)).names, ["a", "b"]);
  });

  test("lines may be cut anywhere, also within a character", async () => {
    const bytes = Buffer.from(line("käse") + line("b"));
    const { client } = await setUp((_request, response) => {
      let sent = 0;
      const timer = setInterval(() => {
        response.write(bytes.subarray(sent, sent + 9));
        sent += 9;
        if (sent >= bytes.length) {
          clearInterval(timer);
          response.end();
        }
      }, 1);
    });
    const { names, chunks } = await collect(client);
    assert.deepEqual(names, ["käse", "b"]);
    assert.ok(chunks > 2, "every chunk is a sign of life");
  });

  for (const [name, tail] of [
    ["cut off", '{"type":"ADDED","obj'],
    ["not JSON", "oops\n"],
    ["not an event", '{"type":7}\n'],
    ["null", "null\n"],
  ] as const) {
    test(`a line that is ${name} is an error, what came before counts`, async () => {
      const { client } = await setUp((_request, response) => response.end(line("a") + tail));
      const { names, error } = await collect(client);
      assert.deepEqual(names, ["a"]);
      assert.match(error?.message ?? "", /a watch line is not/);
      assert.equal(classifyError(error), "unavailable");
    });
  }

  test("a reset is an error", async () => {
    const { server, client } = await setUp((_request, response) => {
      response.write(line("a"));
      setTimeout(() => server.reset(), 20);
    });
    const { names, error } = await collect(client);
    assert.deepEqual([names, error?.status], [["a"], 0]);
  });

  test("the signal ends it; the deadline counts only until it is accepted", async () => {
    const { client } = await setUp((_request, response) => void response.write(line("a")));
    const controller = new AbortController();
    const events = await client.stream("/watch", controller.signal, { deadlineMs: 30 });
    setTimeout(() => controller.abort(), 100);
    const startedAt = performance.now();
    const error = await failure(
      (async () => {
        for await (const _event of events);
      })(),
    );
    assert.equal(error.reason, "Aborted");
    assert.ok(performance.now() - startedAt > 60);
  });

  test("refusals are errors before the stream", async () => {
    const { client } = await setUp((_request, response) =>
      sendJson(response, { kind: "Status", reason: "Expired" }, 410),
    );
    assert.equal(classifyError(await failure(client.stream("/watch", new AbortController().signal))), "gone");
  });
});

describe("credentials", () => {
  test("a refused token is asked for again, once", async () => {
    const asked: boolean[] = [];
    const token = async ({ fresh = false } = {}) => {
      asked.push(fresh);
      return fresh ? "new" : "old";
    };
    const { client } = await setUp(
      ({ headers }, response) => sendJson(response, {}, headers.authorization === "Bearer new" ? 200 : 401),
      {},
      { token },
    );
    await client.get(cart);
    assert.deepEqual(asked, [false, true]);
  });

  test("a token that cannot be had is 'unavailable', not a crash", async () => {
    const token = () => Promise.reject(new Error("ENOENT"));
    const { client } = await setUp(undefined, {}, { token });
    const error = await failure(client.get(cart));
    assert.deepEqual([classifyError(error), error.reason], ["unavailable", "Credentials"]);
  });

  test("swap proves new credentials first, and keeps the old ones if they fail", async () => {
    const { client, last } = await setUp(({ headers }, response) =>
      sendJson(response, {}, headers.authorization === "Bearer bad" ? 401 : 200),
    );
    const server = `http://${(await currentHost(client, last)).toString()}`;
    assert.equal((await failure(client.swap({ server, token: "bad", podCIDRs: [] }))).status, 401);
    await client.get(cart);
    assert.equal(last().headers.authorization, undefined);
    await client.swap({ server, token: "good", podCIDRs: [] });
    await client.get(cart);
    assert.equal(last().headers.authorization, "Bearer good");
  });

  async function currentHost(client: KubeClient, last: () => SeenRequest): Promise<string> {
    await client.get(cart);
    return last().headers.host ?? "";
  }

  test("TLS: own CA and client certificate are used, foreign servers refused", async () => {
    const mine = makeCertificate("east");
    const tls = { ...mine, ca: mine.cert, requestCert: true, rejectUnauthorized: true };
    const server = await startTinyServer((_request, response) => sendJson(response, {}), tls);
    const trusting = { server: server.url, caData: mine.cert, podCIDRs: [] };
    const good = createClient({ ...trusting, ...mine }, { cluster: "east" });
    const foreign = createClient({ ...trusting, ...mine, caData: makeCertificate("x").cert }, { cluster: "east" });
    closers.push(
      () => server.close(),
      () => good.close(),
      () => foreign.close(),
    );
    await good.get(cart);
    assert.equal((await failure(foreign.get(cart))).reason, "DEPTH_ZERO_SELF_SIGNED_CERT");
  });
});

describe("probe", () => {
  test("uses a connection of its own, one for many askers", async () => {
    const { server, client } = await setUp();
    await client.get(cart);
    await Promise.all([client.probe(), client.probe(), client.probe()]);
    assert.equal(server.connections(), 2);
  });

  for (const [status, alive] of [
    [200, true],
    [401, true],
    [429, true],
    [503, false],
  ] as const) {
    test(`${status} is ${alive ? "life" : "death"}`, async () => {
      const { client } = await setUp((_request, response) => sendJson(response, {}, status));
      if (alive) await client.probe();
      else await failure(client.probe());
    });
  }

  test("silence is death", async () => {
    const { client } = await setUp(() => undefined);
    assert.equal((await failure(client.probe(30))).reason, "Timeout");
  });
});
