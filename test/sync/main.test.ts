import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePorts } from "../lab/free-ports.ts";

/** A kubelet probes the address of the Pod, which is one of IPv6 where the cluster has no other. */
const HAS_IPV6 = networkInterfaces()["lo"]?.some(({ address }) => address === "::1") === true;
const MAIN = fileURLToPath(new URL("../../sync/main.ts", import.meta.url));

/** A kubeconfig of an API server that accepts connections and never says a word. */
function kubeconfigOf(port: number): string {
  return JSON.stringify({
    "current-context": "mute",
    clusters: [{ name: "mute", cluster: { server: `https://127.0.0.1:${port}` } }],
    contexts: [{ name: "mute", context: { cluster: "mute", user: "mute" } }],
    users: [{ name: "mute", user: { token: "t" } }],
  });
}

test("while it starts, sync answers probes on both families, and told to end it ends in order", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sync-"));
  const server = createServer((socket) => void socket.on("error", () => undefined)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, kubeconfigOf((server.address() as AddressInfo).port));
  const [port, advicePort] = await freePorts(2);
  const ports = [`--port=${port}`, `--advice-port=${advicePort}`];
  const args = [MAIN, `--kubeconfig=${kubeconfig}`, `--peers-dir=${folder}/peers`, ...ports];
  const child = spawn(process.execPath, args, { env: { CLUSTER_NAME: "east", POD_NAME: "x" }, stdio: "pipe" });
  t.after(() => {
    child.kill("SIGKILL");
    server.close();
    rmSync(folder, { recursive: true });
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (log += chunk));
  const ended = once(child, "exit");
  await Promise.race([once(server, "connection"), ended]);
  for (const host of ["127.0.0.1", ...(HAS_IPV6 ? ["[::1]"] : [])]) {
    assert.equal((await fetch(`http://${host}:${port}/healthz`)).status, 200, host);
  }
  child.kill("SIGTERM");
  const [code, signal] = await ended;
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, log);
  assert.match(log, /"sync stops"/);
});
