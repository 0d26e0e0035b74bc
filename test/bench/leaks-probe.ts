/**
 * A reflector through thousands of watches, with time that moves only when told: heap, sockets and timers after some of
 * them and after many. Run with --expose-gc. Prints one JSON document.
 */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { createClient, type KubeClient } from "../../shared/kube/client.ts";
import type { Clock } from "../../shared/kube/clock.ts";
import type { KubeObject } from "../../shared/kube/objects.ts";
import { startReflector } from "../../shared/kube/reflector.ts";
import { services } from "../../shared/kube/resources.ts";
import { Store } from "../../shared/kube/store.ts";

/** What a process holds on to. */
export interface Holdings {
  heapBytes: number;
  sockets: number;
  /** Of Node's, and those that wait on the injected clock. */
  timers: number;
}

/** Before and after: `renewals` by a clean close of the watch, `resets` by a reset of its connection. */
export interface LeakReport {
  renewals: { count: number; before: Holdings; after: Holdings };
  resets: { count: number; before: Holdings; after: Holdings };
}

const [renewals = 10_000, resets = 500] = process.argv.slice(2).map(Number);
/** So many come before the first look: by then everything that is made once is made. */
const WARM_UP = 2_000;

let now = 0;
const timers = new Set<{ at: number; callback: () => void }>();
const clock: Clock = {
  now: () => now,
  after(ms, callback) {
    const timer = { at: now + ms, callback };
    timers.add(timer);
    return () => timers.delete(timer);
  },
};

function advance(ms: number): void {
  now += ms;
  for (const timer of [...timers].filter(({ at }) => at <= now)) if (timers.delete(timer)) timer.callback();
}

const open = new Set<ServerResponse>();
const server = createServer((request, response) => {
  if (!request.url?.includes("watch=")) {
    const body = { apiVersion: "v1", kind: "ServiceList", metadata: { resourceVersion: "1" }, items: [] };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    return;
  }
  open.add(response);
  response.on("close", () => open.delete(response));
  response.writeHead(200).flushHeaders();
});
await once(server.listen(0, "127.0.0.1"), "listening");
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const plain = createClient({ server: url, podCIDRs: [] }, { cluster: "east", clock });
let watching = 0;
/** Counts the watches that the reflector has been told are open. */
const client: KubeClient = {
  ...plain,
  async stream(...args) {
    const events = await plain.stream(...args);
    watching += 1;
    return events;
  },
};
const path = services.all;
const reflector = startReflector({ client, path, store: new Store<KubeObject>(), clock, random: () => 0.5 });

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    // Pauses of no length at all are timers too.
    advance(0);
    await turn();
  }
}

/** The watch of this number is open on both sides, and the reflector has gone on. */
async function nextWatch(count: number): Promise<void> {
  await until(() => watching === count && open.size === 1);
  await turn();
}

async function renew(): Promise<void> {
  const count = watching + 1;
  // Shorter, and it would count as one that was refused.
  advance(1_100);
  for (const response of open) response.end();
  await nextWatch(count);
}

async function reset(): Promise<void> {
  const count = watching + 1;
  for (const response of open) (response.socket as Socket).resetAndDestroy();
  await until(() => reflector.state === "failing");
  // The pause after the failure begins in the turn after it is told.
  await turn();
  advance(30_000);
  await nextWatch(count);
}

/** Idle connections are closed by then (see `dispatcher.ts`), in time that nobody injects. */
const IDLE_MS = 17_000;

async function look(): Promise<Holdings> {
  await sleep(IDLE_MS);
  for (let i = 0; i < 5; i++) {
    await turn();
    globalThis.gc?.();
  }
  const active = process.getActiveResourcesInfo();
  const count = (name: string) => active.filter((one) => one === name).length;
  return {
    heapBytes: process.memoryUsage().heapUsed,
    sockets: count("TCPSocketWrap"),
    timers: count("Timeout") + timers.size,
  };
}

async function repeat(count: number, step: () => Promise<void>) {
  for (let i = 0; i < WARM_UP; i++) await step();
  const before = await look();
  for (let i = 0; i < count; i++) await step();
  return { count, before, after: await look() };
}

await nextWatch(1);
const report: LeakReport = { renewals: await repeat(renewals, renew), resets: await repeat(resets, reset) };
console.log(JSON.stringify(report));
process.exit(0);
