import assert from "node:assert/strict";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { BadBody, createBodyReader } from "../../webhook/body.ts";

/** A server that answers what it read, once `until` has settled. */
async function startReader(t: TestContext, maxHeldBytes: number, until?: Promise<void>) {
  const reader = createBodyReader(maxHeldBytes);
  const server: Server = createServer((incoming, response) => {
    reader.read(incoming, async (body) => {
      if (!(body instanceof BadBody)) await until;
      response.statusCode = body instanceof BadBody ? body.status : 200;
      response.end(JSON.stringify(body instanceof BadBody ? body.message : body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return (send: (outgoing: ReturnType<typeof request>) => void) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const headers = { "content-type": "application/json" };
      const outgoing = request({ host: "127.0.0.1", port, method: "POST", headers, agent: false }, async (answer) => {
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(await answer.toArray()).toString("utf8") });
      });
      outgoing.on("error", reject);
      send(outgoing);
    });
}

test("a body in pieces is one body, a character split between two included", async (t) => {
  const post = await startReader(t, 1000);
  const bytes = Buffer.from('{"name":"bücher"}');
  const { status, text } = await post((outgoing) => {
    outgoing.write(bytes.subarray(0, 11));
    setTimeout(() => outgoing.end(bytes.subarray(11)), 20);
  });
  assert.deepEqual([status, text], [200, '{"name":"bücher"}']);
});

test("too much held at once: the next body gets 429, later ones are taken again", async (t) => {
  const post = await startReader(t, 1000);
  let finish = () => {};
  const first = post((outgoing) => {
    outgoing.write(`"${"x".repeat(800)}`);
    finish = () => outgoing.end('"');
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const second = await post((outgoing) => outgoing.end(`"${"x".repeat(400)}"`));
  assert.equal(second.status, 429);
  assert.match(second.text, /too many large bodies/);
  finish();
  assert.equal((await first).status, 200);
  assert.equal((await post((outgoing) => outgoing.end(`"${"x".repeat(400)}"`))).status, 200);
});

test("a body that is not answered yet still counts as held", async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const post = await startReader(t, 1000, promise);
  const body = `"${"x".repeat(800)}"`;
  const both = [post((outgoing) => outgoing.end(body)), post((outgoing) => outgoing.end(body))];
  assert.equal((await Promise.race(both)).status, 429);
  resolve();
  assert.deepEqual((await Promise.all(both)).map(({ status }) => status).sort(), [200, 429]);
});

test("a caller that leaves midway gives its bytes back", async (t) => {
  const post = await startReader(t, 1000);
  const left = post((outgoing) => {
    outgoing.write("x".repeat(800));
    setTimeout(() => outgoing.destroy(), 30);
  });
  await assert.rejects(left);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal((await post((outgoing) => outgoing.end(`"${"x".repeat(800)}"`))).status, 200);
});
