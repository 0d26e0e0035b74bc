import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createAdviceServer, listen } from "../../sync/server.ts";

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
