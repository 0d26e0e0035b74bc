import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { MODE } from "../../../shared/keys.ts";
import { type SeenRequest, sendJson, startTinyServer } from "../../shared/kube/tiny-server.ts";
import { webService } from "../model-clusters.ts";

const MAIN = fileURLToPath(new URL("../../../plugin/main.ts", import.meta.url));
const metadata = { resourceVersion: "1" };
const service = { ...webService(), metadata: { name: "web", namespace: "shop", annotations: { [MODE]: "source" } } };

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Uninstalls from a cluster that has the one Service. `lease`: its sync process does not end. */
async function uninstall(t: TestContext, lease: boolean, onRequest: (request: SeenRequest, child: Child) => void) {
  const server = await startTinyServer((request, response) => {
    onRequest(request, child);
    const { method, path } = request;
    if (method !== "GET") return sendJson(response, {});
    if (path.endsWith("/services")) return sendJson(response, { kind: "ServiceList", metadata, items: [service] });
    if (path.endsWith("slices")) return sendJson(response, { kind: "EndpointSliceList", metadata, items: [] });
    if (path === "/apis/discovery.k8s.io") return sendJson(response, { versions: [{ version: "v1" }] });
    if (path.endsWith("/services/web")) return sendJson(response, service);
    const spec = { holderIdentity: "sync-0", renewTime: new Date().toISOString() };
    if (lease && path.includes("/leases/")) return sendJson(response, { spec });
    sendJson(response, { kind: "Status", reason: "NotFound", message: "not found" }, 404);
  });
  const folder = mkdtempSync(join(tmpdir(), "uninstall-"));
  t.after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  const config = {
    "current-context": "east",
    clusters: [{ name: "east", cluster: { server: server.url } }],
    users: [{ name: "ana", user: { token: "t" } }],
    contexts: [{ name: "east", context: { cluster: "east", user: "ana" } }],
  };
  const file = join(folder, "config");
  writeFileSync(file, JSON.stringify(config));
  const words = ["uninstall", "--context", "east", "--kubeconfig", file, "--yes"];
  const child: Child = spawn(process.execPath, [MAIN, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  return {
    child,
    server,
    ended: once(child, "close").then(([code]) => ({ code: code as number | null, said: () => said })),
  };
}

test("a reader of stdout that goes away, as head does, does not end it halfway", async (t) => {
  const { child, server, ended } = await uninstall(t, false, () => undefined);
  child.stdout.destroy();
  const { code, said } = await ended;
  assert.equal(code, 0, said());
  const writes = server.requests
    .filter(({ method }) => method !== "GET")
    .map(({ method, path }) => `${method} ${path}`);
  assert.ok(writes.includes("PATCH /api/v1/namespaces/shop/services/web"), writes.join("\n"));
  assert.equal(writes.at(-1), "DELETE /api/v1/namespaces/syndicate-system");
});

test("Ctrl-C while it waits for the sync process to end: 130, and not that a minute has passed", async (t) => {
  let looks = 0;
  const { child, ended } = await uninstall(t, true, ({ path, method }, running) => {
    // The first look is that of the clusters' state, before anything is removed.
    if (method === "GET" && path.includes("/leases/") && ++looks === 3) running.kill("SIGINT");
  });
  child.stdout.resume();
  const { code, said } = await ended;
  assert.equal(code, 130, said());
  assert.match(said(), /error: stopped; the same command goes on/);
  assert.doesNotMatch(said(), /waited/);
});
