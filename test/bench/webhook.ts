import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { CERTIFICATE_SECRET } from "../../sync/certificates/cluster-store.ts";
import { type Agent, installSyndicate } from "../lab/installation.ts";
import { type Lab, type LabCluster, startLab } from "../lab/lab.ts";
import { type Bench, makeRow, percentile, type Row } from "./row.ts";
import { createLoad, type Load, type Subject } from "./webhook-load.ts";

const SUBJECTS: readonly Subject[] = [
  { name: "floor", port: 9444 },
  { name: "ours", port: 9443 },
];
const RATES = [
  { rate: 50, seconds: 20 },
  { rate: 200, seconds: 10 },
  { rate: 500, seconds: 6 },
  { rate: 1000, seconds: 5 },
];
const ROUNDS = 3;
const JUDGED_RATE = 200;
const REACH = { throughput: 0.7, p99: 1.5 };
// With the pause the sender has a core often enough to be on time; a list takes about as long as it.
const RELIST = { rounds: 5, seconds: 10, services: 200, bytes: 100_000, pauseMs: 1000 };

/** Review in, answer out, beside the least that can answer. */
export const webhook: Bench = {
  describe:
    "A review of 4 KiB over HTTPS: milliseconds from the moment it was due to its whole answer, at a constant rate, and the most a second. Median over alternating rounds.",
  parts: ["rates", "relist"],
  apart: true,
  async run({ tell, parts }) {
    const lab = await startLab({ clusters: ["east"], log: tell });
    try {
      return await measure(lab, parts, tell);
    } finally {
      await lab.stop();
    }
  },
};

async function measure(lab: Lab, parts: readonly string[], tell: (line: string) => void): Promise<Row[]> {
  const east = lab.cluster("east");
  const [agent] = [...(await installSyndicate(lab, { env: { LOG_LEVEL: "info" } })).values()];
  if (!agent) throw new Error("nothing was installed");
  const script = fileURLToPath(new URL("bare-server.ts", import.meta.url));
  const port = String(SUBJECTS[0]?.port);
  await east.spawn("bare", process.execPath, [script, port, join(lab.dir, "agents", east.name, "certificates")]);
  const load = createLoad(lab, east, await readAuthority(east), tell);
  const rows: Row[] = [];
  if (parts.includes("rates")) rows.push(...(await measureRates(load, tell)));
  if (parts.includes("relist")) rows.push(...(await measureRelist(east, agent, load, tell)));
  return rows;
}

async function measureRates(load: Load, tell: (line: string) => void): Promise<Row[]> {
  const rows = [await measureThroughput(load, tell)];
  for (const { rate, seconds } of RATES) {
    const send = (subject: Subject) => load.sendConstantly(subject, rate, seconds);
    const reach = rate === JUDGED_RATE ? REACH.p99 : undefined;
    rows.push(...(await measureLatency(`at ${rate}/s`, ROUNDS, send, reach, tell)));
  }
  return rows;
}

async function measureRelist(
  cluster: LabCluster,
  agent: Agent,
  load: Load,
  tell: (line: string) => void,
): Promise<Row[]> {
  await fill(cluster);
  const relisting = async (subject: Subject) => {
    const { result, relists } = await whileRelisting(agent, () =>
      load.sendConstantly(subject, JUDGED_RATE, RELIST.seconds),
    );
    tell(`${relists} lists of ${(RELIST.services * RELIST.bytes) / 1e6} MB meanwhile`);
    return result;
  };
  return measureLatency(`at ${JUDGED_RATE}/s, sync relists 20 MB`, RELIST.rounds, relisting, REACH.p99, tell);
}

async function readAuthority(cluster: LabCluster): Promise<string> {
  const path = `/api/v1/namespaces/syndicate-system/secrets/${CERTIFICATE_SECRET}`;
  const { data } = (await cluster.call("GET", path)) as { data: Record<string, string> };
  return Buffer.from(data["ca.crt"] ?? "", "base64").toString("utf8");
}

async function measureThroughput(load: Load, tell: (line: string) => void): Promise<Row> {
  const found = await alternate(ROUNDS, (subject) => load.sendMost(subject, 5));
  for (const [subject, values] of Object.entries(found)) {
    tell(`most a second, ${subject}: ${values.map((perSecond) => perSecond.toFixed(0)).join(" ")}`);
  }
  const [value, floor] = [percentile(found.ours, 0.5), percentile(found.floor, 0.5)];
  return makeRow({ name: "throughput", unit: "1/s", value, floor, atLeast: { ratio: REACH.throughput } });
}

async function measureLatency(
  name: string,
  rounds: number,
  send: (subject: Subject) => Promise<number[]>,
  reach: number | undefined,
  tell: (line: string) => void,
): Promise<Row[]> {
  const found = await alternate(rounds, send);
  return [50, 99].map((percent) => {
    const [value = 0, floor = 0] = (["ours", "floor"] as const).map((subject) => {
      const each = found[subject].map((millis) => percentile(millis, percent / 100));
      tell(`${name}, p${percent} of each round, ${subject}: ${each.map((millis) => millis.toFixed(2)).join(" ")}`);
      return percentile(each, 0.5);
    });
    const atMost = percent === 99 && reach !== undefined ? { atMost: { ratio: reach } } : {};
    return makeRow({ name: `${name}, p${percent}`, unit: "ms", value, floor, ...atMost });
  });
}

/** The subjects in turn, so that a busy moment of the machine is not one's alone. */
async function alternate<T>(
  rounds: number,
  run: (subject: Subject) => Promise<T>,
): Promise<Record<Subject["name"], T[]>> {
  const found: Record<Subject["name"], T[]> = { ours: [], floor: [] };
  for (let round = 0; round < rounds; round++) {
    for (const subject of SUBJECTS) found[subject.name].push(await run(subject));
  }
  return found;
}

/** Services that make a list of them 20 MB. */
async function fill(cluster: LabCluster): Promise<void> {
  await cluster.ensureNamespace("bench");
  const note = "x".repeat(RELIST.bytes);
  for (let i = 0; i < RELIST.services; i++) {
    await cluster.call("POST", "/api/v1/namespaces/bench/services", {
      metadata: { name: `large-${i}`, annotations: { note } },
      spec: { ports: [{ port: 80 }] },
    });
  }
}

/** Runs `action` while the sync process starts over and over, each time with a list of everything. */
async function whileRelisting<T>(agent: Agent, action: () => Promise<T>): Promise<{ result: T; relists: number }> {
  let stop = false;
  let relists = 0;
  const relist = async () => {
    while (!stop) {
      agent.sync.kill("SIGKILL");
      await agent.sync.exited;
      await agent.startSync();
      relists += 1;
      await sleep(RELIST.pauseMs);
    }
  };
  const relisting = relist();
  const result = await action().finally(() => {
    stop = true;
  });
  await relisting;
  return { result, relists };
}
