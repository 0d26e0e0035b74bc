import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { DELAYED, FAULTS, LOST_ON_THE_WAY } from "./fault.ts";
import { isInjected, type Outage, type Row, type Scale } from "./matrix.ts";
import { Scene } from "./scene.ts";
import { type FaultWorld, openFaultWorld } from "./world.ts";

/** These break a connection's network: questions whether the server is there fare no better. */
const OF_THE_NETWORK = new Set<Row["fault"]>(["reset", "black hole"]);

const RESTARTS: Partial<Record<Outage, { stop: "stopApiServer" | "stopEtcd"; start: "startApiServer" | "startEtcd" }>> =
  {
    "API server restart": { stop: "stopApiServer", start: "startApiServer" },
    "etcd stop": { stop: "stopEtcd", start: "startEtcd" },
  };

/** Defines a test for each of the rows. They share one lab; those that a proxy brings about run side by side. */
export function testRows(rows: readonly Row[], scale: Scale): void {
  describe("faults", { concurrency: 1 }, () => {
    const scenes = new Map<Row, Scene>();
    const sceneOf = (row: Row) => scenes.get(row) as Scene;
    let world: FaultWorld | undefined;
    before(async () => {
      world = await openFaultWorld();
      for (const row of rows) scenes.set(row, new Scene(world, row));
      const open = (row: Row) => sceneOf(row).open(row.fault === "SIGSTOP of the leader" ? 2 : 1);
      // Few at a time: a start costs a second of processor, and a lab has two cores.
      for (let i = 0; i < rows.length; i += 6) {
        const opened = await Promise.allSettled(rows.slice(i, i + 6).map(open));
        // Only now, so that whatever was being opened is closed afterwards.
        for (const result of opened) if (result.status === "rejected") throw result.reason;
      }
    });
    let failed = false;
    afterEach((t) => {
      failed ||= "passed" in t && !t.passed;
    });
    after(async () => {
      if (failed && world) saveLogs(world);
      for (const scene of scenes.values()) scene.close();
      await world?.stop();
    });
    const single = rows.filter(({ fault }) => isInjected(fault) || fault === "SIGSTOP of the leader");
    describe("on the way", { concurrency: single.length || 1 }, () => {
      for (const row of single) {
        const run = isInjected(row.fault) ? runInjected : runStopped;
        test(`${row.fault} while ${row.operation}`, (t) => run(t, sceneOf(row), scale));
      }
    });
    for (const [outage, commands] of Object.entries(RESTARTS)) {
      const hit = rows.filter(({ fault }) => fault === outage);
      if (hit.length > 0)
        describeRestart(outage, hit, sceneOf, () => restart(world, commands, hit.map(sceneOf), scale));
    }
  });
}

/** Copies the lab's logs to a new folder and says where. */
function saveLogs({ lab }: FaultWorld): void {
  const folder = mkdtempSync(join(tmpdir(), "syndicate-faults-"));
  lab.saveLogs(folder);
  process.stderr.write(`logs saved in ${folder}\n`);
}

async function runInjected(t: TestContext, scene: Scene, scale: Scale): Promise<void> {
  const { row, agents } = scene;
  const [agent] = agents;
  if (!agent || !isInjected(row.fault)) throw new Error("a row without an agent");
  const from = performance.now();
  scene.begin(agent, FAULTS[row.fault], ...(OF_THE_NETWORK.has(row.fault) ? (["probing"] as const) : []));
  await scene.change();
  await scene.waitMet(agent);
  await sleep(scale.fault * 1000);
  await scene.history.move("a");
  scene.end(agent);
  tell(t, await scene.assertRecovered(from));
}

/** The leader falls asleep in the middle of something; the other takes over, and nothing the first one does late counts. */
async function runStopped(t: TestContext, scene: Scene, scale: Scale): Promise<void> {
  const leader = await scene.leader();
  const from = performance.now();
  scene.begin(leader, DELAYED);
  await scene.change();
  await scene.waitMet(leader);
  leader.process.kill("SIGSTOP");
  await scene.history.move("a");
  await scene.waitCopied();
  t.diagnostic(`the other one had taken over ${seconds(from)} s later`);
  if ((await scene.leader()) === leader) throw new Error("the Lease is still the stopped one's");
  await sleep(Math.max(0, scale.stop * 1000 - (performance.now() - from)));
  await scene.history.move("a");
  leader.process.kill("SIGCONT");
  scene.end(leader);
  tell(t, await scene.assertRecovered(from));
}

function describeRestart(name: string, rows: readonly Row[], sceneOf: (row: Row) => Scene, hit: () => Promise<number>) {
  describe(name, { concurrency: rows.length }, () => {
    let from = 0;
    before(async () => {
      from = await hit();
    });
    for (const row of rows) {
      test(`${row.fault} while ${row.operation}`, async (t) => tell(t, await sceneOf(row).assertRecovered(from)));
    }
  });
}

/** Takes the servers of both clusters away from under requests that are on their way. Returns when it began. */
async function restart(
  world: FaultWorld | undefined,
  commands: { stop: "stopApiServer" | "stopEtcd"; start: "startApiServer" | "startEtcd" },
  scenes: readonly Scene[],
  scale: Scale,
): Promise<number> {
  const clusters = [world?.east.cluster, world?.west.cluster];
  const from = performance.now();
  for (const scene of scenes) for (const agent of scene.agents) scene.begin(agent, LOST_ON_THE_WAY);
  await Promise.all(scenes.map((scene) => scene.change()));
  await Promise.all(scenes.flatMap((scene) => scene.agents.map((agent) => scene.waitMet(agent))));
  await Promise.all(clusters.map((cluster) => cluster?.[commands.stop]()));
  for (const scene of scenes) for (const agent of scene.agents) scene.end(agent);
  await sleep(scale.fault * 1000);
  await Promise.all(clusters.map((cluster) => cluster?.[commands.start]()));
  return from;
}

function seconds(from: number): string {
  return ((performance.now() - from) / 1000).toFixed(1);
}

function tell(t: TestContext, took: number): void {
  t.diagnostic(`recovered ${took.toFixed(1)} s after the end`);
}
