import assert from "node:assert/strict";
import { type AddressInfo, connect } from "node:net";
import { test } from "node:test";
import { createAdviceServer, createHealthServer, type HealthSources, listen } from "../../sync/server.ts";

test("advice is given on a name that is still to be generated, and not on none", async (t) => {
  const asked: object[] = [];
  const server = createAdviceServer((key) => {
    asked.push(key);
    return { cluster: "east", clusters: [] };
  });
  await listen(server, 0, "127.0.0.1");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const ask = async (query: string) => (await fetch(`http://127.0.0.1:${port}/advice?${query}`)).status;
  assert.equal(await ask("namespace=shop&name=web"), 200);
  assert.equal(await ask("namespace=shop&name="), 200);
  assert.deepEqual(
    [await ask("namespace=shop"), await ask("name=web"), await ask("namespace=&name=web")],
    [404, 404, 404],
  );
  assert.deepEqual(asked, [
    { namespace: "shop", name: "web" },
    { namespace: "shop", name: "" },
  ]);
});

/** The status line of the answer to a request whose target is sent as it is, which no HTTP client would. */
async function askRaw(port: number, target: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.end(`GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  let answer = "";
  for await (const chunk of socket) answer += chunk;
  return answer.split("\r\n", 1)[0] ?? "";
}

const strange = ["//", "///healthz", "*", "http://[", "http://", "/%", "?", "/healthz?x=%", "\\\\"];

test("nothing that anybody may send to a server ends the process", async (t) => {
  const sources = {
    health: () => undefined,
    readiness: () => undefined,
    metrics: () => Promise.reject(new Error("no")),
  };
  for (const server of [createHealthServer(sources), createAdviceServer(() => undefined)]) {
    await listen(server, 0, "127.0.0.1");
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    for (const target of strange) assert.match(await askRaw(port, target), /^HTTP\/1.1 (200|400|404) /, target);
    assert.match(await askRaw(port, "//"), / 400 /);
  }
});

test("a probe is known by its path, however it is asked", async (t) => {
  const server = createHealthServer({
    health: () => undefined,
    readiness: () => "not yet",
  } as unknown as HealthSources);
  await listen(server, 0, "127.0.0.1");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  for (const target of ["/healthz", "/healthz?verbose", "http://x/healthz"]) {
    assert.equal(await askRaw(port, target), "HTTP/1.1 200 OK", target);
  }
  assert.match(await askRaw(port, "/readyz"), / 503 /);
});
