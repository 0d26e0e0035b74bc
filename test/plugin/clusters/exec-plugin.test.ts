import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readCredentials } from "../../../plugin/clusters/credentials.ts";

/** A plugin that takes a moment and counts its runs; its token has expired when it is printed. */
async function expiring(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "exec-plugin-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const log = join(folder, "log");
  const credential = { status: { token: "t", expirationTimestamp: "2020-01-01T00:00:00Z" } };
  const script = `echo run >> ${log}; sleep 0.1; echo '${JSON.stringify(credential)}'`;
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "sh", args: ["-c", script] };
  const config = {
    "current-context": "east",
    clusters: [{ name: "east", cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name: "ana", user: { exec } }],
    contexts: [{ name: "east", context: { cluster: "east", user: "ana" } }],
  };
  const options = { env: process.env, canAsk: false, now: Date.now, impersonate: { groups: [] } };
  const { token } = await readCredentials(config, "east", options);
  assert.ok(typeof token === "function");
  writeFileSync(log, "");
  return { token, runs: () => readFileSync(log, "utf8").split("run").length - 1 };
}

for (const [what, asked] of [
  ["refused", { fresh: true }],
  ["expired", {}],
] as const) {
  test(`a token that was ${what} is renewed once for all requests under way, and again later`, async (t) => {
    const { token, runs } = await expiring(t);
    assert.deepEqual(await Promise.all([1, 2, 3, 4].map(() => token(asked))), ["t", "t", "t", "t"]);
    assert.equal(runs(), 1);
    await token(asked);
    assert.equal(runs(), 2);
  });
}
