/**
 * Writer and watcher of the propagation bench in one process, so that one clock times both ends; on the host of west, so
 * that nothing but the lab's network is between it and the API servers. Arguments: file of the task, file for the samples.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { SERVICE_NAME } from "../../shared/keys.ts";
import { createClient, type KubeClient } from "../../shared/kube/client.ts";
import { parsePeerKubeconfig } from "../../shared/kube/kubeconfig.ts";
import { type Endpoint, type EndpointSlice, label } from "../../shared/kube/objects.ts";
import { endpointSlices } from "../../shared/kube/resources.ts";
import { type Carrier, type PropagationSamples, type PropagationTask, serviceNames } from "./propagation-task.ts";

const [taskFile = "", samplesFile = ""] = process.argv.slice(2);
const task = JSON.parse(readFileSync(taskFile, "utf8")) as PropagationTask;
const connect = (name: "east" | "west"): KubeClient =>
  createClient(parsePeerKubeconfig(task[name], name), { cluster: name, userAgent: "bench" });
const [east, west] = [connect("east"), connect("west")];

/** A carrier that was stopped has its backlog behind it, and all code has run, before anything counts. */
const CATCH_UP_MS = 700;
const WARM_UP_CHANGES = 20;
const DRAIN_MS = 10_000;
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

async function watch({ namespace }: Carrier): Promise<void> {
  const path = `${endpointSlices.in(namespace)}?watch=true&timeoutSeconds=3600`;
  const events = await west.stream(path, new AbortController().signal);
  for await (const { type, object } of events) {
    if (type === "ADDED" || type === "MODIFIED") saw(object as EndpointSlice, performance.now());
  }
  throw new Error(`the watch of ${namespace} ended`);
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
  await east.patch(endpointSlices.one(namespace, name), { endpoints: endpointsOf(number) }, "merge");
}

async function waitSeen(carrier: Carrier): Promise<void> {
  const until = performance.now() + DRAIN_MS;
  const left = () => [...pending.values()].reduce((sum, { length }) => sum + length, 0);
  while (left() > 0 && performance.now() < until) await sleep(5);
  if (left() > 0) throw new Error(`${carrier.name}: ${left()} changes were not seen within ${DRAIN_MS} ms`);
}

/** One round: on a fixed schedule, whatever became of earlier changes. */
async function runRound(carrier: Carrier, width: number): Promise<void> {
  const names = serviceNames(width);
  const total = WARM_UP_CHANGES + task.rate * task.seconds;
  const start = performance.now();
  const writes: Promise<void>[] = [];
  for (let i = 0; i < total; i++) {
    const wait = start + (i * 1000) / task.rate - performance.now();
    if (wait > 0) await sleep(wait);
    writes.push(send(carrier, names[i % width] ?? "", i >= WARM_UP_CHANGES));
  }
  await Promise.all(writes);
  await waitSeen(carrier);
}

function signalOthers(carrier: Carrier, signal: "SIGSTOP" | "SIGCONT"): void {
  for (const other of task.carriers) {
    if (other !== carrier) for (const pid of other.pids) process.kill(pid, signal);
  }
}

async function runPart(width: number): Promise<PropagationSamples[]> {
  const rounds: PropagationSamples[] = [];
  for (let round = 0; round < task.rounds; round++) {
    for (const carrier of task.carriers) {
      // Nothing of one carrier runs while the other is measured.
      signalOthers(carrier, "SIGSTOP");
      await sleep(CATCH_UP_MS);
      millis = [];
      await runRound(carrier, width).finally(() => signalOthers(carrier, "SIGCONT"));
      rounds.push({ width, carrier: carrier.name, millis });
    }
  }
  return rounds;
}

for (const carrier of task.carriers) {
  watch(carrier).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}
const samples: PropagationSamples[] = [];
for (const width of task.widths) samples.push(...(await runPart(width)));
writeFileSync(samplesFile, JSON.stringify(samples));
process.exit(0);
