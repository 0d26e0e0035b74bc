import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import type { Advice } from "../../shared/advice.ts";
import { createAdviceClient } from "../../webhook/advice.ts";

const ADVICE: Advice = {
  cluster: "a",
  latest: { mode: "source", at: "b", from: "a", time: 5, adopt: ["c"] },
  awaited: ["c"],
  clusters: [
    {
      name: "a",
      readable: true,
      service: "own",
      mode: "receiver",
      ready: 2,
      ports: [{ name: "http", port: 80, targetPort: "web" }],
    },
    { name: "b", readable: false, service: "none", ready: 0, ports: [] },
  ],
};

/** Asks a sync process that answers with `listener`. */
async function ask(t: TestContext, listener: RequestListener, deadlineMs = 500) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const reasons: string[] = [];
  const { port } = server.address() as AddressInfo;
  const client = createAdviceClient({ port, cluster: "a", deadlineMs, onFailure: (reason) => reasons.push(reason) });
  return { answer: await client("shop", "we b&x"), reasons };
}

test("the answer is handed on, the question is escaped", async (t) => {
  let url: string | undefined;
  const { answer, reasons } = await ask(t, (request, response) => {
    url = request.url;
    response.end(JSON.stringify(ADVICE));
  });
  assert.deepEqual(answer, ADVICE);
  assert.equal(url, "/advice?namespace=shop&name=we+b%26x");
  assert.deepEqual(reasons, []);
});

const failures: [name: string, listener: RequestListener, reason: RegExp][] = [
  ["an error status", (_, response) => response.writeHead(503).end("{}"), /status 503/],
  ["a redirect", (_, response) => response.writeHead(302, { location: "/other" }).end(), /status 302/],
  ["no JSON", (_, response) => response.end("oops"), /JSON/],
  ["another shape", (_, response) => response.end('{"cluster":"a"}'), /clusters/],
  [
    "a latest intent that is none",
    (_, response) => response.end(JSON.stringify({ ...ADVICE, latest: { mode: "x" } })),
    /./,
  ],
  [
    "the advice of another cluster",
    (_, response) => response.end(JSON.stringify({ ...ADVICE, cluster: "b" })),
    /cluster b/,
  ],
  ["an endless answer", (_, response) => response.end(Buffer.alloc(2 * 1024 * 1024, 32)), /larger than/],
  ["a broken connection", (_, response) => response.destroy(), /./],
];
for (const [name, listener, reason] of failures) {
  test(`${name} counts as unavailable`, async (t) => {
    const { answer, reasons } = await ask(t, listener);
    assert.equal(answer, "unavailable");
    assert.match(reasons.join(), reason);
  });
}

const slow: [name: string, listener: RequestListener][] = [
  ["never answers", () => undefined],
  ["answers its headers and then nothing", (_, response) => response.writeHead(200).write(" ")],
];
for (const [name, listener] of slow) {
  test(`a sync process that ${name} is not waited for`, async (t) => {
    const { answer, reasons } = await ask(t, listener, 100);
    assert.equal(answer, "unavailable");
    assert.match(reasons.join(), /timeout|abort/i);
  });
}

test("nobody there counts as unavailable, at once", async () => {
  const reasons: string[] = [];
  const client = createAdviceClient({ port: 1, cluster: "a", onFailure: (reason) => reasons.push(reason) });
  assert.equal(await client("shop", "web"), "unavailable");
  assert.match(reasons.join(), /ECONNREFUSED/);
});
