import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Lab, type LabCluster, type LabPod, startLab } from "./lab.ts";
import { runCommand } from "./process.ts";
import { labNamespaces, labProcesses } from "./record.ts";

let lab: Lab;
let other: Lab;
let east: LabCluster;
let west: LabCluster;

// Two labs with the same addresses, side by side.
before(async () => {
  [lab, other] = await Promise.all([startLab(), startLab({ clusters: ["east"] })]);
  [east, west] = [lab.cluster("east"), lab.cluster("west")];
});

after(async () => {
  await lab?.stop();
  await other?.stop();
});

const SERVICES = "/api/v1/namespaces/default/services";

async function waitUntil(what: string, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`after 30 s: not ${what}`);
    await sleep(100);
  }
}

async function createService(cluster: LabCluster, name: string, headless = false): Promise<void> {
  const clusterIP = headless ? { clusterIP: "None" } : {};
  const ports = [{ name: "http", port: headless ? 8080 : 80, targetPort: 8080 }];
  await cluster.call("POST", SERVICES, {
    metadata: { name },
    spec: { selector: { app: name }, ports, ...clusterIP },
  });
}

async function readyAddresses(cluster: LabCluster, name: string): Promise<string[]> {
  const { body } = await cluster.request("GET", `/api/v1/namespaces/default/endpoints/${name}`);
  const subsets: { addresses?: { ip: string }[] }[] = body.subsets ?? [];
  return subsets.flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip)).sort();
}

async function answers(from: LabCluster, spec: Parameters<LabCluster["startMeter"]>[0]) {
  const meter = await from.startMeter(spec);
  await sleep(1000);
  return meter.stop();
}

test("kubectl works on every cluster from outside, with the lab's kubeconfig", async () => {
  for (const name of lab.clusters.keys()) {
    const command = [lab.kubectl, "--kubeconfig", lab.kubeconfig, "--context", name, "get", "nodes", "-o", "name"];
    assert.equal((await runCommand(command)).stdout.trim(), `node/${name}-node`);
  }
});

test("the API server issues tokens for ServiceAccounts, which work from another cluster's host", async () => {
  const token = await east.kubectl(["create", "token", "default"]);
  assert.equal(token.code, 0, token.stderr);
  const script = `fetch("${east.server}/api/v1/namespaces/default/pods", {
    headers: { authorization: "Bearer ${token.stdout.trim()}" } }).then((r) => console.log("status", r.status))`;
  const caller = await west.spawn("token", process.execPath, ["-e", script], {
    env: { NODE_TLS_REJECT_UNAUTHORIZED: "0" },
  });
  await caller.exited;
  assert.match(caller.logTail(), /status 403/);
});

test("a pod answers at its address from everywhere in its lab, and through its Service", async () => {
  await createService(east, "web");
  const pod = await east.startPod({ name: "web-0", labels: { app: "web" } });
  const twin = await other.cluster("east").startPod({ name: "twin-0", labels: { app: "web" } });
  assert.equal(twin.ip, pod.ip);
  const direct = await answers(west, { host: pod.ip, port: 8080, rate: 20 });
  assert.deepEqual([direct.failures, Object.keys(direct.perPod)], [0, ["east/web-0"]]);
  await waitUntil("one endpoint", async () => (await readyAddresses(east, "web")).length === 1);
  await sleep(2000);
  const service = await answers(east, { service: { namespace: "default", name: "web" }, port: 80, rate: 20 });
  assert.deepEqual([service.failures, Object.keys(service.perPod)], [0, ["east/web-0"]]);
  await pod.kill();
  const refused = await answers(west, { host: pod.ip, port: 8080, rate: 20 });
  assert.deepEqual(refused.perError, { ECONNREFUSED: refused.sent });
  await pod.remove();
  assert.equal((await east.request("GET", "/api/v1/namespaces/default/pods/web-0")).status, 404);
});

async function startTwo(cluster: LabCluster, app: string): Promise<[LabPod, LabPod]> {
  const spec = (n: number) => ({ name: `${app}-${n}`, labels: { app }, hostname: `${app}-${n}`, subdomain: app });
  return Promise.all([cluster.startPod(spec(0)), cluster.startPod(spec(1))]);
}

test("readiness and graceful deletion reach the endpoints while the servers go on", async () => {
  await createService(east, "db", true);
  const [first, second] = await startTwo(east, "db");
  await waitUntil("two endpoints", async () => (await readyAddresses(east, "db")).length === 2);
  const target = { service: { namespace: "default", name: "db" }, port: 8080, rate: 40 };
  const both = await answers(east, target);
  assert.deepEqual(Object.keys(both.perPod).sort(), ["east/db-0", "east/db-1"]);
  const named = await answers(east, { ...target, hostname: "db-1" });
  assert.deepEqual(Object.keys(named.perPod), ["east/db-1"]);
  await first.setReady(false);
  await waitUntil("db-0 unready", async () => !(await readyAddresses(east, "db")).includes(first.ip));
  await second.terminate();
  const { body } = await east.request("GET", "/api/v1/namespaces/default/pods/db-1");
  assert.ok(body.metadata.deletionTimestamp);
  const direct = await answers(west, { host: second.ip, port: 8080, rate: 20 });
  assert.equal(direct.failures, 0);
  const nobody = await answers(east, target);
  assert.deepEqual(nobody.perError, { ENOTFOUND: nobody.sent });
  await Promise.all([first.remove(), second.remove()]);
});

test("an API server can be stopped and started on the same data", async () => {
  await west.call("POST", "/api/v1/namespaces/default/configmaps", { metadata: { name: "kept" } });
  await west.stopApiServer();
  await assert.rejects(west.request("GET", "/readyz"));
  await west.startApiServer();
  assert.equal((await west.request("GET", "/api/v1/namespaces/default/configmaps/kept")).status, 200);
});

test("clusters can be cut from each other and healed; pods stay reachable unless they are cut too", async () => {
  const pod = await west.startPod({ name: "far", labels: {} });
  const probe = ["-e", `require("net").connect(6443, "${west.hostAddress}").on("connect", () => process.exit(0))`];
  const reachesApi = async () => {
    const caller = await east.spawn("probe", process.execPath, probe);
    const timer = setTimeout(() => caller.kill("SIGKILL"), 1500);
    const { code } = await caller.exited;
    clearTimeout(timer);
    return code === 0;
  };
  const target = { host: pod.ip, port: 8080, rate: 20 };
  await east.cutFrom(west);
  assert.equal(await reachesApi(), false);
  assert.equal((await answers(east, target)).failures, 0);
  await east.healFrom(west);
  await west.cutFrom(east, { pods: true });
  const cut = await answers(east, target);
  assert.deepEqual(cut.perError, { ETIMEDOUT: cut.sent });
  await east.healFrom(west);
  assert.equal(await reachesApi(), true);
  assert.equal((await answers(east, target)).failures, 0);
  await pod.remove();
});

test("stopping a lab leaves nothing behind and does not touch another lab", async () => {
  await other.stop();
  assert.deepEqual([labProcesses(other.id), labNamespaces(other.id), existsSync(other.dir)], [[], [], false]);
  assert.equal((await east.request("GET", "/readyz")).status, 200);
});
