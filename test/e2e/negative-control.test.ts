import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Lab, type LabCluster, type LabPod, type MeterReport, startLab } from "../lab/lab.ts";
import { enterNamespace, runOrThrow } from "../lab/process.ts";

// The stateless move as it was done before this project, by hand: it must lose requests, or the measurement that says "zero
// lost" elsewhere proves nothing.

const SERVICES = "/api/v1/namespaces/default/services";
const ENDPOINTS = "/api/v1/namespaces/default/endpoints";
const PORTS = [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }];
const RATE = 50;
// kube-proxy writes its rules a moment after the slices change.
const PROXY_DELAY = 3000;

function startPods(cluster: LabCluster, names: string[]): Promise<LabPod[]> {
  return Promise.all(names.map((name) => cluster.startPod({ name, labels: { app: "web" } })));
}

function endpoints(pods: LabPod[]): object {
  const addresses = pods.map(({ ip }) => ({ ip }));
  return { metadata: { name: "web" }, subsets: [{ addresses, ports: [{ name: "http", port: 8080 }] }] };
}

async function waitUntil(what: string, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`after 30 s: not ${what}`);
    await sleep(100);
  }
}

async function endpointCount(cluster: LabCluster): Promise<number> {
  const { body } = await cluster.request("GET", `${ENDPOINTS}/web`);
  return body?.subsets?.[0]?.addresses?.length ?? 0;
}

function runOn(cluster: LabCluster, command: string[]): Promise<string> {
  return runOrThrow(enterNamespace(cluster.hostNamespace, command));
}

/**
 * The kernel remembers an attempt to connect to a dead pod for two minutes, and sends a later one from the same port there
 * as well: such a loss says nothing about the rules of its own time.
 */
async function forgetAttemptsSoon(cluster: LabCluster): Promise<void> {
  await runOn(cluster, ["sh", "-c", "echo 2 >/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_syn_sent"]);
}

async function routesTo(cluster: LabCluster, pods: LabPod[]): Promise<boolean> {
  const rules = await runOn(cluster, ["iptables", "-w", "-t", "nat", "-S"]);
  return pods.some(({ ip }) => rules.includes(`--to-destination ${ip}:`));
}

/** Service `web` with its pods in east; in west the same Service without selector, holding east's addresses. */
async function replicateByHand(east: LabCluster, west: LabCluster): Promise<LabPod[]> {
  await east.call("POST", SERVICES, { metadata: { name: "web" }, spec: { selector: { app: "web" }, ports: PORTS } });
  await west.call("POST", SERVICES, { metadata: { name: "web" }, spec: { ports: PORTS } });
  const pods = await startPods(east, ["web-0", "web-1", "web-2"]);
  await west.call("POST", ENDPOINTS, endpoints(pods));
  await waitUntil("three endpoints in east", async () => (await endpointCount(east)) === 3);
  return pods;
}

/** What the ancestor did on `union`: selector removed, endpoints of both clusters in both clusters. */
async function uniteByHand(east: LabCluster, west: LabCluster, all: LabPod[]): Promise<void> {
  await east.call("PATCH", `${SERVICES}/web`, { spec: { selector: null } });
  for (const cluster of [east, west]) await cluster.call("PATCH", `${ENDPOINTS}/web`, endpoints(all));
}

interface Move {
  lab: Lab;
  oldPods: LabPod[];
  newPods: LabPod[];
}

async function prepareMove(lab: Lab): Promise<Move> {
  const oldPods = await replicateByHand(lab.cluster("east"), lab.cluster("west"));
  const newPods = await startPods(lab.cluster("west"), ["new-0", "new-1", "new-2"]);
  await sleep(PROXY_DELAY);
  return { lab, oldPods, newPods };
}

/** Calls the Service in both clusters while the work is done and for three seconds more. */
async function measure(lab: Lab, t: TestContext, work: () => Promise<void>): Promise<Record<string, MeterReport>> {
  const target = { service: { namespace: "default", name: "web" }, port: 80, rate: RATE };
  const clusters = [lab.cluster("east"), lab.cluster("west")];
  const meters = await Promise.all(clusters.map((cluster) => cluster.startMeter(target)));
  await work();
  await sleep(3000);
  const reports = await Promise.all(meters.map((meter) => meter.stop()));
  for (const [i, report] of reports.entries()) {
    const errors = JSON.stringify(report.perError);
    t.diagnostic(`${clusters[i]?.name}: ${report.failures} of ${report.sent} requests failed ${errors}`);
    assert.equal(report.missed, 0, "the meter itself must keep its promise");
  }
  return Object.fromEntries(clusters.map(({ name }, i) => [name, reports[i] as MeterReport]));
}

test("without this project the stateless move loses requests", async (t) => {
  const lab = await startLab();
  t.after(() => lab.stop());
  for (const cluster of lab.clusters.values()) await forgetAttemptsSoon(cluster);
  const { oldPods, newPods } = await prepareMove(lab);
  const clusters = [...lab.clusters.values()];
  await t.test("nothing is lost while the old pods live", async (t) => {
    const [east, west] = [lab.cluster("east"), lab.cluster("west")];
    const reports = await measure(lab, t, () => uniteByHand(east, west, [...oldPods, ...newPods]));
    assert.deepEqual([reports["east"]?.failures, reports["west"]?.failures], [0, 0]);
  });
  await t.test("both clusters lose requests once the old pods are gone", async (t) => {
    const reports = await measure(lab, t, async () => {
      await Promise.all(oldPods.map((pod) => pod.kill()));
      await sleep(1000);
      await Promise.all(oldPods.map((pod) => pod.remove()));
    });
    for (const report of Object.values(reports)) assert.ok(report.failures > 0);
  });
  await t.test("the old cluster goes on losing them with Endpoints set right: its slice is frozen", async (t) => {
    for (const cluster of clusters) await cluster.call("PATCH", `${ENDPOINTS}/web`, endpoints(newPods));
    await waitUntil("without the old pods in west", async () => !(await routesTo(lab.cluster("west"), oldPods)));
    await sleep(PROXY_DELAY);
    const reports = await measure(lab, t, async () => undefined);
    assert.ok((reports["east"]?.failures ?? 0) > 0);
    assert.equal(reports["west"]?.failures, 0);
  });
});
