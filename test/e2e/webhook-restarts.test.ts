import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { issueLeaf, makeAuthority } from "../../sync/certificates/issuer.ts";
import { writeServed } from "../../sync/certificates/store.ts";
import { createCaller, POOL_IDLE_MS, type Replica, startReplica } from "./webhook-process.ts";

// Webhook processes come and go, connections stand idle: no call may be lost by it. The long run, for docs/benchmarks.md:
// RESTARTS=30 IDLE_GAP_SECONDS=100.
const restarts = Number(process.env["RESTARTS"] ?? 4);
const longestGap = Number(process.env["IDLE_GAP_SECONDS"] ?? 8);
const EVERY_MS = 2000;
/** Until no API server's node sends new connections to an address that has left a Service. */
const PROPAGATION_MS = 1000;
const CALLERS = 20;

const folder = mkdtempSync(join(tmpdir(), "syndicate-webhook-"));
let ca: string;
const running = new Set<Replica>();

before(async () => {
  const authority = await makeAuthority(Date.now());
  ca = authority.cert;
  await writeServed(folder, await issueLeaf(authority, ["127.0.0.1"], Date.now()));
});
after(() => {
  for (const { process: child } of running) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<Replica> {
  const replica = await startReplica(folder, ca);
  running.add(replica);
  void replica.exited.then(() => running.delete(replica));
  return replica;
}

test(`${restarts} times SIGTERM to one of two replicas, one every ${EVERY_MS} ms: no call is lost`, async (t) => {
  const endpoints = [await start(), await start()];
  let turn = 0;
  const caller = createCaller(() => endpoints[turn++ % endpoints.length]?.port ?? 1, ca);
  const lost: string[] = [];
  let served = 0;
  let stop = false;
  const call = async () => {
    while (!stop) {
      await caller.review().then(
        () => void served++,
        (error: Error) => void lost.push(error.message),
      );
      await sleep(5);
    }
  };
  const calls = Array.from({ length: CALLERS }, call);
  const exits: Promise<number | null>[] = [];
  for (let i = 0; i < restarts; i++) {
    const due = performance.now() + EVERY_MS;
    const leaving = endpoints[0] as Replica;
    leaving.process.kill("SIGTERM");
    exits.push(leaving.exited);
    // Replaced at once, as a Deployment does; out of the Service a moment later.
    const [replacement] = await Promise.all([start(), sleep(PROPAGATION_MS).then(() => endpoints.shift())]);
    endpoints.push(replacement);
    await sleep(Math.max(0, due - performance.now()));
  }
  await sleep(PROPAGATION_MS);
  stop = true;
  await Promise.all(calls);
  await caller.close();
  t.diagnostic(`${served} calls served, ${lost.length} lost, over ${restarts} restarts`);
  assert.deepEqual(lost, []);
  assert.ok(served > restarts * CALLERS, `${served} served`);
  assert.deepEqual([...new Set(await Promise.all(exits))], [0], "every one left in order");
});

test(`connections idle for 1 to ${longestGap} s: no call is lost`, async (t) => {
  const { port } = await start();
  const lost: string[] = [];
  const waitAndCall = async (seconds: number) => {
    let connections = 0;
    const choose = () => {
      connections += 1;
      return port;
    };
    const caller = createCaller(choose, ca);
    await caller.review();
    await sleep(seconds * 1000);
    await caller.review().catch((error: Error) => void lost.push(`${seconds} s: ${error.message}`));
    await caller.close();
    assert.equal(
      connections,
      seconds * 1000 < POOL_IDLE_MS ? 1 : 2,
      `${seconds} s: on the kept connection while there is one`,
    );
  };
  // Half seconds too: what ends a connection is rarely a whole one.
  const gaps = Array.from({ length: longestGap * 2 - 1 }, (_, i) => 1 + i / 2);
  await Promise.all(gaps.map(waitAndCall));
  t.diagnostic(`${gaps.length} connections, ${lost.length} calls lost`);
  assert.deepEqual(lost, []);
});
