import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ApiError, classifyError } from "../../../shared/kube/api-error.ts";
import { createClient, type KubeClient } from "../../../shared/kube/client.ts";
import { cart, closers, failure, setUp } from "./client-setup.ts";
import { makeCertificate } from "./test-certificates.ts";
import { type Handler, type SeenRequest, sendJson, startTinyServer } from "./tiny-server.ts";

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
    const events = await client.stream("/watch", controller.signal, { deadlineMs: 400 });
    setTimeout(() => controller.abort(), 800);
    const startedAt = performance.now();
    const error = await failure(
      (async () => {
        for await (const _event of events);
      })(),
    );
    assert.equal(error.reason, "Aborted");
    assert.ok(performance.now() - startedAt > 500);
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
