/**
 * Writer and watcher of the propagation bench in one process, so that one clock times both ends; on the host of west, so
 * that nothing but the lab's network is between it and the API servers. Arguments: file of the task, file for the samples.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SERVICE_NAME } from "../../shared/keys.ts";
import { createClient, type KubeClient } from "../../shared/kube/client.ts";
import { parsePlainKubeconfig } from "../../shared/kube/kubeconfig.ts";
import { type Endpoint, type EndpointSlice, label } from "../../shared/kube/objects.ts";
import { endpointSlices } from "../../shared/kube/resources.ts";
import { readMetrics, writesBetween } from "./metrics.ts";
import { benchService, benchSlice } from "./objects.ts";
import {
  type Carrier,
  type Load,
  type ProbeResult,
  type PropagationSamples,
  type PropagationTask,
  serviceNames,
  type Told,
} from "./propagation-task.ts";

const [taskFile = "", samplesFile = ""] = process.argv.slice(2);
const task = JSON.parse(readFileSync(taskFile, "utf8")) as PropagationTask;
const connect = (name: "east" | "west"): KubeClient =>
  createClient(parsePlainKubeconfig(task[name], name), { cluster: name, userAgent: "bench" });
const [east, west] = [connect("east"), connect("west")];

/** A carrier that was stopped has its backlog behind it, and all code has run, before anything counts. */
const CATCH_UP_MS = 700;
const WARM_UP_CHANGES = 20;
const DRAIN_MS = 10_000;
/** By then sync has written what it writes only once a Service rests. */
const REST_MS = 2_000;
/** Endpoints of a slice; the first one's address carries the number of the change. */
const SIZE = 10;
/** All-zero last bytes are skipped: some treat x.y.0.0 as a network. */
let change = 256;

interface Pending {
  number: number;
  sentAt: number;
  counts: boolean;
}

/** Changes sent and not seen yet, in order, by `namespace/service`. */
const pending = new Map<string, Pending[]>();
let millis: number[] = [];

function endpointsOf(number: number): Endpoint[] {
  const mark = `10.1.${number >> 8}.${number & 255}`;
  const others = Array.from({ length: SIZE - 1 }, (_, i) => `10.1.250.${i + 1}`);
  return [mark, ...others].map((address) => ({ addresses: [address], conditions: { ready: true } }));
}

function readNumber(slice: EndpointSlice): number {
  const numbers = (slice.endpoints ?? []).map(({ addresses }) => {
    const [, , high, low] = (addresses[0] ?? "").split(".").map(Number);
    return high === 250 ? 0 : (high ?? 0) * 256 + (low ?? 0);
  });
  return Math.max(0, ...numbers);
}

/** A copy with a later change shows all earlier ones of that Service too: who merges two changes has carried both. */
function saw(slice: EndpointSlice, now: number): void {
  const key = `${slice.metadata.namespace}/${label(slice, SERVICE_NAME)}`;
  const number = readNumber(slice);
  const waiting = pending.get(key) ?? [];
  while (waiting[0] && waiting[0].number <= number) {
    const seen = waiting.shift();
    if (seen?.counts) millis.push(now - seen.sentAt);
  }
}

/** A watch that the server ends, as it does to those that read too slowly for a moment, is opened again where it was. */
async function watch({ namespace }: Carrier): Promise<void> {
  for (let version = ""; ; ) {
    const path = `${endpointSlices.in(namespace)}?watch=true&timeoutSeconds=3600${version && `&resourceVersion=${version}`}`;
    for await (const { type, object } of await west.stream(path, new AbortController().signal)) {
      if (type !== "ADDED" && type !== "MODIFIED") throw new Error(`${type}: ${JSON.stringify(object)}`);
      version = object.metadata.resourceVersion ?? "";
      saw(object as EndpointSlice, performance.now());
    }
  }
}

/** The last write to each slice: the next one waits for it, for of two at once the older might arrive last and stay. */
const writing = new Map<string, Promise<unknown>>();

async function send({ namespace }: Carrier, name: string, counts: boolean): Promise<void> {
  const key = `${namespace}/${name}`;
  const written = (writing.get(key) ?? Promise.resolve()).then(() => write(namespace, name, counts));
  writing.set(key, written);
  await written;
}

async function write(namespace: string, name: string, counts: boolean): Promise<void> {
  const number = change++;
  const key = `${namespace}/${name}`;
  const waiting = pending.get(key) ?? [];
  pending.set(key, waiting);
  waiting.push({ number, sentAt: performance.now(), counts });
  const slice = { ...benchSlice(benchService(namespace, name), 0), endpoints: endpointsOf(number) };
  await east.replace(endpointSlices.one(namespace, name), slice);
}

async function waitSeen(carrier: Carrier): Promise<void> {
  const until = performance.now() + DRAIN_MS;
  const left = () => [...pending.values()].reduce((sum, { length }) => sum + length, 0);
  while (left() > 0 && performance.now() < until) await sleep(5);
  if (left() > 0) throw new Error(`${carrier.name}: ${left()} changes were not seen within ${DRAIN_MS} ms`);
}

/** One round: on a fixed schedule, whatever became of earlier changes. Returns the number of changes. */
async function runRound(carrier: Carrier, load: Load): Promise<number> {
  const names = serviceNames(load.width);
  const total = WARM_UP_CHANGES + load.rate * load.seconds;
  const start = performance.now();
  const writes: Promise<void>[] = [];
  for (let i = 0; i < total; i++) {
    const wait = start + (i * 1000) / load.rate - performance.now();
    if (wait > 0) await sleep(wait);
    writes.push(send(carrier, names[i % load.width] ?? "", i >= WARM_UP_CHANGES));
  }
  await Promise.all(writes);
  await waitSeen(carrier);
  return total;
}

async function measureRound(carrier: Carrier, load: Load): Promise<PropagationSamples> {
  millis = [];
  if (carrier.name === "floor") {
    const changes = await runRound(carrier, load);
    return { load, carrier: carrier.name, millis, changes };
  }
  const before = await readMetrics(task.metrics);
  const changes = await runRound(carrier, load);
  const seen = await readMetrics(task.metrics);
  await sleep(REST_MS);
  const after = await readMetrics(task.metrics);
  const told: Told = {
    writes: writesBetween(before, seen),
    writesInAll: writesBetween(before, after),
    lagMs: seen.lagMs,
  };
  return { load, carrier: carrier.name, millis, changes, told };
}

function signalOthers(carrier: Carrier, signal: "SIGSTOP" | "SIGCONT"): void {
  for (const other of task.carriers) {
    if (other !== carrier) for (const pid of other.pids) process.kill(pid, signal);
  }
}

/** Starts changing Services that take no part; returns what ends it and tells how many a second were changed. */
function startNoise({ noise }: Load): () => Promise<number | undefined> {
  if (noise === 0) return async () => undefined;
  const script = fileURLToPath(new URL("storm-noise.ts", import.meta.url));
  const child = spawn(process.execPath, [script, taskFile, `${noise}`], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const died = (code: number | null) => {
    console.error(`the noise ended with code ${code}`);
    process.exit(1);
  };
  child.once("exit", died);
  return async () => {
    child.off("exit", died);
    child.send("end");
    const [{ made, failed, seconds }] = (await once(child, "message")) as [NoiseResult];
    if (failed > 0) throw new Error(`the noise: ${failed} changes failed, ${made} were made`);
    return made / seconds;
  };
}

interface NoiseResult {
  made: number;
  failed: number;
  seconds: number;
}

async function runLoad(load: Load): Promise<ProbeResult> {
  const samples: PropagationSamples[] = [];
  const stopNoise = startNoise(load);
  for (let round = 0; round < load.rounds; round++) {
    for (const carrier of task.carriers) {
      // Nothing of one carrier runs while the other is measured.
      signalOthers(carrier, "SIGSTOP");
      await sleep(CATCH_UP_MS);
      samples.push(await measureRound(carrier, load).finally(() => signalOthers(carrier, "SIGCONT")));
    }
  }
  const noiseRate = await stopNoise();
  return { samples, ...(noiseRate === undefined ? {} : { noiseRate }) };
}

for (const carrier of task.carriers) {
  watch(carrier).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}
const result: ProbeResult = { samples: [] };
for (const load of task.loads) {
  const { samples, ...noise } = await runLoad(load);
  result.samples.push(...samples);
  Object.assign(result, noise);
}
writeFileSync(samplesFile, JSON.stringify(result));
process.exit(0);
