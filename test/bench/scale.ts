/** Thousands of Services: first replication, restart with everything in place, memory. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject, Service } from "../../shared/kube/objects.ts";
import { endpointSlices, endpoints, services } from "../../shared/kube/resources.ts";
import { trimEndpoints, trimPeerSlice, trimService, trimSlice } from "../../sync/trim.ts";
import { requestToken } from "../lab/installation.ts";
import type { LabCluster } from "../lab/lab.ts";
import { IdleDelay } from "./idle-delay.ts";
import { connectBench } from "./objects.ts";
import type { RawWrite } from "./raw-writer.ts";
import { type BenchOptions, makeRow, type PartResult, percentile, type Row } from "./row.ts";
import {
  bundleScript,
  fill,
  runScript,
  type ScaleLab,
  scrape,
  startScaleLab,
  startSync,
  stopSync,
  writeRaw,
} from "./scale-lab.ts";
import type { LogLine } from "./sync-log.ts";

/** Services of each of the two peers. */
const SERVICES = 5_000;
const RESTARTS = 15;
const REACH = { coldStart: 1.3, restart: 1.5, megabytes: 350 };
const LIMIT_SECONDS = 300;
/** Of the ancestor, measured once on a lab like this one; told as history. */
const ANCESTOR_PER_SECOND = 1.3;

/** See the top of the file. */
export async function measureScale({ scale, tell }: BenchOptions): Promise<PartResult> {
  const count = Math.ceil(SERVICES * scale);
  const world = await startScaleLab(tell);
  try {
    const lags: PartResult["lags"] = [];
    const rows = await measureColdStart(world, count, lags, tell);
    rows.push(...(await measureRestart(world, count, lags, tell)));
    rows.push(...(await measureMemory(world, count, lags, tell)));
    return { rows, lags };
  } finally {
    await world.lab.stop();
  }
}

type Tell = (line: string) => void;

/** Everything is there in east and nothing in west: from the start of the process to its last write. */
async function measureColdStart(world: ScaleLab, count: number, lags: PartResult["lags"], tell: Tell): Promise<Row[]> {
  tell(`cold start: ${count} Services are created in east`);
  await fill(world, world.east, "cold", count);
  const delay = new IdleDelay();
  const { started, log } = await startSync(world.agent);
  await log.untilLookedAtAll(LIMIT_SECONDS);
  const writes = log.writes();
  const value = ((writes.at(-1)?.time ?? Number.NaN) - started) / 1000;
  lags.push({ during: "cold start", idle: delay.take(), millis: (await scrape(world)).lagMs });
  tell(`cold start: ${writes.length} writes in ${value.toFixed(1)} s; now the same writes in north`);
  const replayed = await replay(world, writes);
  const kubeconfig = world.north.tokenKubeconfig("lab", await requestToken(world.north, "syndicate-sync"));
  const floor = await writeRaw(world.lab, world.north, kubeconfig, replayed);
  log.close();
  const name = `cold start, ${count} Services, ${count * 10} endpoints`;
  return [
    makeRow({ name, unit: "s", value, floor, atMost: { ratio: REACH.coldStart } }),
    makeRow({
      name: `${name}, writes for each Service`,
      unit: "writes",
      value: writes.length / count,
      atMost: { value: 4 },
    }),
    makeRow({ name: `${name}, rate`, unit: "Services/s", value: count / value }),
    makeRow({ name: "history: the ancestor's rate at a cold start", unit: "Services/s", value: ANCESTOR_PER_SECOND }),
  ];
}

/** The writes that sync's log tells of, in its order, with the bodies that stand in west now. */
async function replay({ west }: ScaleLab, writes: readonly LogLine[]): Promise<RawWrite[]> {
  const client = connectBench(west);
  const stored = new Map<string, KubeObject>();
  for (const [resource, path] of Object.entries(COLLECTIONS)) {
    for await (const page of client.pages(path.all)) {
      for (const item of page.items) stored.set(`${resource} ${item.metadata.namespace}/${item.metadata.name}`, item);
    }
  }
  await client.close();
  return writes.map((line) => toRaw(line, stored));
}

const COLLECTIONS = { services, endpointslices: endpointSlices, endpoints } as const;

function toRaw(
  { msg, key = "", verb, resource = "", name }: LogLine,
  stored: ReadonlyMap<string, KubeObject>,
): RawWrite {
  const [namespace = "", service = ""] = key.split("/");
  if (msg === "condition") {
    const { status } = (stored.get(`services ${key}`) ?? {}) as Service;
    const body = { status: { conditions: status?.conditions ?? [] } };
    return { key, method: "patch", type: "strategic", path: services.status(namespace, service), body };
  }
  const found = stored.get(`${resource} ${namespace}/${name}`);
  if (verb !== "create" || !found) throw new Error(`a cold start does not ${verb} ${resource} ${key}`);
  const path = COLLECTIONS[resource as keyof typeof COLLECTIONS].in(namespace);
  return { key, method: "create", path, body: asSent(found) };
}

/** What a server adds is left out. */
function asSent(object: KubeObject): KubeObject {
  const { name, namespace = "", labels, annotations, ownerReferences } = object.metadata;
  const metadata = { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) };
  const owned = ownerReferences ? { ...metadata, ownerReferences } : metadata;
  const { status: _status, spec, ...rest } = object as Service;
  const { clusterIP: _ip, clusterIPs: _ips, ...portable } = spec ?? {};
  return { ...rest, metadata: owned, ...(spec ? { spec: portable } : {}) } as KubeObject;
}

/** Stops and starts sync with everything in place; the floor lists and watches the same, with the same rights. */
async function measureRestart(world: ScaleLab, count: number, lags: PartResult["lags"], tell: Tell): Promise<Row[]> {
  const { agent, west } = world;
  const [ours, floors]: [number[], number[]] = [[], []];
  const before = await versions(west);
  const script = await bundleScript(world, "list-watch");
  const kubeconfigs = await writeKubeconfigs(world);
  let writes = 0;
  for (let i = 0; i < RESTARTS; i++) {
    await stopSync(agent);
    floors.push(await listAndWatch(world, script, kubeconfigs));
    const delay = new IdleDelay();
    const { started, log } = await startSync(agent);
    ours.push(((await log.untilLookedAtAll(LIMIT_SECONDS)) - started) / 1000);
    lags.push({ during: "restart", idle: delay.take(), millis: (await scrape(world)).lagMs });
    writes += log.writes().length;
    log.close();
  }
  const after = await versions(west);
  const changed = [...after].filter(([name, version]) => before.get(name) !== version).length;
  tell(`restart: ours ${ours.join(" ")} s, list and watch alone ${floors.join(" ")} s`);
  const name = `restart with ${count} Services in place`;
  return [
    makeRow({
      name,
      unit: "s",
      value: percentile(ours, 0.5),
      floor: percentile(floors, 0.5),
      atMost: { ratio: REACH.restart },
    }),
    makeRow({ name: `${name}, writes`, unit: "writes", value: Math.max(writes, changed), atMost: { value: 0 } }),
  ];
}

/** Files with what sync has to read the clusters by, its own one first. */
async function writeKubeconfigs({ lab, west, east, north }: ScaleLab): Promise<string[]> {
  const files: string[] = [];
  for (const cluster of [west, east, north]) {
    const token = await requestToken(cluster, cluster === west ? "syndicate-sync" : "syndicate-peer");
    const file = join(lab.dir, `list-watch-${cluster.name}`);
    writeFileSync(file, cluster.tokenKubeconfig("lab", token), { mode: 0o600 });
    files.push(file);
  }
  return files;
}

async function listAndWatch({ lab, west }: ScaleLab, script: string, kubeconfigs: readonly string[]): Promise<number> {
  const result = join(lab.dir, "list-watch");
  const started = Date.now();
  await runScript(west, "list-watch", [result, ...kubeconfigs], script);
  return (Number(readFileSync(result, "utf8")) - started) / 1000;
}

async function versions(cluster: LabCluster): Promise<Map<string, string | undefined>> {
  const client = connectBench(cluster);
  const found = new Map<string, string | undefined>();
  for (const [resource, path] of Object.entries(COLLECTIONS)) {
    for await (const { items } of client.pages(path.all)) {
      for (const { metadata } of items) {
        found.set(`${resource} ${metadata.namespace}/${metadata.name}`, metadata.resourceVersion);
      }
    }
  }
  await client.close();
  return found;
}

/** As many Services again, in the other peer: resident memory after they have been replicated, and after a restart. */
async function measureMemory(world: ScaleLab, count: number, lags: PartResult["lags"], tell: Tell): Promise<Row[]> {
  tell(`memory: ${count} further Services are created in north`);
  const { agent } = world;
  await stopSync(agent);
  const delay = new IdleDelay();
  const first = await startSync(agent);
  await fill(world, world.north, "further", count);
  await first.log.untilConditions(count, LIMIT_SECONDS);
  const millis = (await scrape(world)).lagMs;
  lags.push({ during: "replication while they are created", idle: delay.take(), millis });
  const afterWork = residentMegabytes(agent.sync.pid);
  first.log.close();
  await stopSync(agent);
  const second = await startSync(agent);
  await second.log.untilLookedAtAll(LIMIT_SECONDS);
  const afterStart = residentMegabytes(agent.sync.pid);
  second.log.close();
  const floor = (await trimmedBytes(world)) / 2 ** 20;
  tell(`memory: ${afterWork.toFixed(0)} MB after the work, ${afterStart.toFixed(0)} MB after a start`);
  const name = `resident memory, ${2 * count} Services, ${2 * count * 10} endpoints, two peers`;
  const atMost = { value: REACH.megabytes };
  return [
    makeRow({ name: `${name}, after they were replicated`, unit: "MB", value: afterWork, floor, atMost }),
    makeRow({ name: `${name}, after a restart`, unit: "MB", value: afterStart, floor, atMost }),
  ];
}

/** Of a process of this machine. */
function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}

/** Size of everything sync keeps, as JSON. */
async function trimmedBytes({ west, east, north }: ScaleLab): Promise<number> {
  const ofPeer = [
    [services.all, trimService],
    [endpointSlices.all, trimPeerSlice],
  ] as const;
  const ofOwn = [
    [services.all, trimService],
    [endpointSlices.all, trimSlice],
    [endpoints.all, trimEndpoints],
  ] as const;
  let bytes = 0;
  for (const [cluster, kinds] of [
    [west, ofOwn],
    [east, ofPeer],
    [north, ofPeer],
  ] as const) {
    const client = connectBench(cluster);
    for (const [path, trim] of kinds) {
      for await (const { items } of client.pages(path)) {
        for (const item of items) bytes += Buffer.byteLength(JSON.stringify(trim(item as never)));
      }
    }
    await client.close();
  }
  return bytes;
}
