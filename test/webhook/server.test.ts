import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent } from "node:https";
import { test } from "node:test";
import { connect } from "node:tls";
import { createWebhookServer } from "../../webhook/server.ts";
import { call, makeCertificate, serve } from "./served-app.ts";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("a new certificate serves new connections, open ones live on", async (t) => {
  const { server, port, ca } = await serve();
  t.after(() => server.drain());
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => kept.destroy());
  await call(port, ca, "/healthz", { agent: kept });
  const next = await makeCertificate();
  server.setCertificate(next.pair);
  assert.equal((await call(port, ca, "/healthz", { agent: kept })).status, 200);
  assert.equal((await call(port, next.ca, "/healthz")).status, 200);
  await assert.rejects(call(port, ca, "/healthz"), /UNABLE_TO_VERIFY|unable to verify|signature/i);
});

test("a pair OpenSSL refuses leaves the old one in place", async (t) => {
  const { server, port, ca } = await serve();
  t.after(() => server.drain());
  const [one, two] = await Promise.all([makeCertificate(), makeCertificate()]);
  assert.throws(() => server.setCertificate({ ...one.pair, key: two.pair.key }));
  assert.equal((await call(port, ca, "/healthz")).status, 200);
});

test("no call is lost while certificates are swapped, with old and new CA trusted", async (t) => {
  const { server, port, ca } = await serve();
  t.after(() => server.drain());
  const next = await makeCertificate();
  const both = `${ca}\n${next.ca}`;
  let swapped = false;
  let before = 0;
  const caller = async () => {
    for (let after = 0; after < 3; after += swapped ? 1 : 0) {
      assert.equal((await call(port, both, "/healthz")).status, 200);
      if (!swapped) before += 1;
      // Swapped while the others are in the middle of their calls.
      if (before === 12) {
        server.setCertificate(next.pair);
        swapped = true;
      }
    }
  };
  await Promise.all(Array.from({ length: 5 }, caller));
  assert.ok(swapped);
});

test("draining loses no call: kept connections are told to close, new ones are served, then none", async () => {
  const { server, port, ca } = await serve({}, { drainMs: 600, finishMs: 1000 });
  const agent = new Agent({ keepAlive: true, maxSockets: 5 });
  let stop = false;
  let served = 0;
  const caller = async () => {
    while (!stop) {
      assert.equal((await call(port, ca, "/healthz", { agent })).status, 200);
      served++;
    }
  };
  const callers = Array.from({ length: 5 }, caller);
  await sleep(100);
  const before = served;
  const drained = server.drain();
  assert.ok(server.isDraining());
  assert.equal(server.drain(), drained, "asked twice, drained once");
  const told = await call(port, ca, "/healthz");
  assert.equal(told.headers["connection"], "close");
  // A new backend takes over while this one still serves, as endpoints do.
  await sleep(300);
  stop = true;
  await Promise.all(callers);
  agent.destroy();
  assert.ok(served > before, "served on while draining");
  await drained;
  await assert.rejects(call(port, ca, "/healthz"), /ECONNREFUSED/);
});

test("a call in flight is finished, a stuck one is cut off in the end", async () => {
  const { pair, ca } = await makeCertificate();
  let release = () => {};
  const server = createWebhookServer(
    pair,
    (request, response) => {
      if (request.url === "/slow") release = () => response.end("done");
    },
    { drainMs: 0, finishMs: 200 },
  );
  const port = await server.listen(0, "127.0.0.1");
  const slow = call(port, ca, "/slow");
  const stuck = call(port, ca, "/stuck");
  const stuckFails = assert.rejects(stuck);
  await sleep(100);
  const drained = server.drain();
  await sleep(50);
  release();
  assert.equal((await slow).text, "done");
  await stuckFails;
  await drained;
});

/** Everything a server says on a connection on which `text` was written, until it ends it. */
async function sayAndListen(port: number, ca: string, text: string): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, ca });
  await once(socket, "secureConnect");
  let heard = "";
  socket.on("data", (chunk) => {
    heard += chunk;
  });
  socket.write(text);
  await once(socket, "close");
  return heard;
}

const SLOW: [name: string, text: string][] = [
  ["headers that never end", "POST /mutate HTTP/1.1\r\nHost: x\r\n"],
  [
    "a body that never ends",
    "POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
  ],
  [
    "chunks that never end",
    "POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
  ],
];
for (const [name, text] of SLOW) {
  test(`${name} are cut off with 408`, async (t) => {
    const { server, port, ca } = await serve({}, { headersMs: 100, requestMs: 200, checkMs: 50 });
    t.after(() => server.drain());
    assert.match(await sayAndListen(port, ca, text), /^HTTP\/1\.1 408 /);
    assert.equal((await call(port, ca, "/healthz")).status, 200);
  });
}

test("connections beyond the cap are closed at once, those within go on, a place left is free again", async (t) => {
  const { server, port, ca } = await serve({}, { connections: 3 });
  t.after(() => server.drain());
  const agent = new Agent({ keepAlive: true, maxSockets: 3 });
  t.after(() => agent.destroy());
  const open = () => Promise.all([1, 2, 3].map(() => call(port, ca, "/healthz", { agent })));
  for (const { status } of await open()) assert.equal(status, 200);
  await assert.rejects(call(port, ca, "/healthz"), /ECONNRESET|socket hang up|before secure/);
  for (const { status } of await open()) assert.equal(status, 200);
  const [freed] = Object.values(agent.freeSockets).flat();
  assert.ok(freed);
  freed.destroy();
  await once(freed, "close");
  await sleep(50);
  assert.equal((await call(port, ca, "/healthz")).status, 200);
});

test("an idle connection outlives the limit on headers", async (t) => {
  const { server, port, ca } = await serve({}, { keepAliveMs: 60_000, headersMs: 100 });
  t.after(() => server.drain());
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  await call(port, ca, "/healthz", { agent });
  const before = Object.values(agent.freeSockets).flat();
  await sleep(400);
  const { headers } = await call(port, ca, "/healthz", { agent });
  assert.equal(headers["keep-alive"], "timeout=60");
  const sockets = Object.values(agent.freeSockets).flat();
  assert.equal(sockets.length, 1);
  assert.ok(sockets[0] === before[0], "the same connection");
});

test("an idle connection is kept for 95 s, beyond the 90 s of API servers", async (t) => {
  const { pair, ca } = await makeCertificate();
  const server = createWebhookServer(pair, (_, response) => response.end());
  const port = await server.listen(0, "127.0.0.1");
  const agent = new Agent({ keepAlive: true });
  const { headers } = await call(port, ca, "/", { agent });
  assert.equal(headers["keep-alive"], "timeout=95");
  agent.destroy();
  t.after(() => server.drain());
});

test("TLS below 1.2 is refused", async (t) => {
  const { server, port, ca } = await serve();
  t.after(() => server.drain());
  const socket = connect({ host: "127.0.0.1", port, ca, maxVersion: "TLSv1.1", minVersion: "TLSv1" });
  const [error] = await once(socket, "error");
  assert.match(String(error), /protocol|version|alert/i);
});

test("a port that is taken is an error, not a silence", async (t) => {
  const { server, port } = await serve();
  t.after(() => server.drain());
  const { pair } = await makeCertificate();
  await assert.rejects(createWebhookServer(pair, () => {}).listen(port, "127.0.0.1"), /EADDRINUSE/);
});
