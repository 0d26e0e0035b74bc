/**
 * Sends one review after another at a constant interval, whatever became of earlier ones, over pooled HTTP/1.1 connections
 * as an API server does, and takes every latency from the moment the send was due: a server that stalls cannot hide the
 * calls that piled up meanwhile. A process of its own. Arguments: file of the task, file for the samples.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { Pool } from "undici";
import type { SendSamples, SendTask } from "./send-task.ts";

/** Timers of Node are a millisecond coarse: the last of the wait is spent turning the event loop. */
const SPIN_MS = 1.5;
/** A send this late was missed: the machine was busy with something else than the server under test. */
const LATE_MS = 20;

/**
 * Calls beyond these wait for their turn, which counts as their latency. Without a bound each call that finds none free opens
 * one, and after a stall of milliseconds both sides are busy with handshakes for good.
 */
const CONNECTIONS = 64;

// Late sends are the sender's fault: it goes before the servers where that is allowed.
try {
  setPriority(-20);
  // Where the kernel groups processes by session (sched(7), autogroup), only the group's own value counts beyond it.
  writeFileSync("/proc/self/autogroup", "-20");
} catch {
  // Not root, or no such groups: the share of late sends tells whether it mattered.
}

const [taskFile = "", samplesFile = ""] = process.argv.slice(2);
const { port, ca, paths, body, rate, warmUp, seconds } = JSON.parse(readFileSync(taskFile, "utf8")) as SendTask;
const pool = new Pool(`https://127.0.0.1:${port}`, {
  connect: { ca },
  connections: CONNECTIONS,
  pipelining: 1,
  allowH2: false,
});
const headers = { "content-type": "application/json", accept: "application/json, */*" };
const samples: SendSamples = { millis: [], missed: 0, failed: 0 };

async function send(path: string, due: number, counts: boolean): Promise<void> {
  if (counts && performance.now() - due > LATE_MS) samples.missed += 1;
  const answer = await pool.request({ path, method: "POST", headers, body });
  const { response } = (await answer.body.json()) as { response: { allowed: boolean } };
  if (answer.statusCode !== 200 || !response.allowed) throw new Error(`status ${answer.statusCode}`);
  if (counts) samples.millis.push(performance.now() - due);
}

async function waitUntil(due: number): Promise<void> {
  const left = due - performance.now();
  if (left > SPIN_MS) await sleep(left - SPIN_MS);
  while (performance.now() < due) await turn();
}

const start = performance.now() + 50;
const sends: Promise<void>[] = [];
for (let i = 0; i < rate * (warmUp + seconds); i++) {
  const due = start + (i * 1000) / rate;
  await waitUntil(due);
  const fail = () => {
    samples.failed += 1;
  };
  sends.push(send(paths[i % paths.length] ?? "/", due, i >= rate * warmUp).catch(fail));
}
await Promise.all(sends);
await pool.close();
writeFileSync(samplesFile, JSON.stringify(samples));
