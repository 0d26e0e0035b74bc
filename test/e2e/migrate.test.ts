import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { MIN_READY, MIN_READY_SECONDS, MODE } from "../../shared/keys.ts";
import { annotation } from "../../shared/kube/objects.ts";
import { type ClientReport, type Clients, findFaults, startClients } from "../demo/clients.ts";
import { playMove } from "../demo/scenario.ts";
import { openStage, type Stage } from "../demo/stage.ts";
import type { CommandResult, LabPod } from "../lab/lab.ts";
import { Application, removeAtOnce } from "./application.ts";
import { united } from "./expectations.ts";
import { waitAtRest, waitReplicated } from "./rest.ts";
import { waitSummary } from "./summary.ts";
import { waitFor } from "./waiting.ts";
import type { Side } from "./world.ts";

// `kubectl syndicate migrate` as a user runs it, against everything as it ships, with clients that may not lose a request.

const RATE = 50;
const EXIT = { timedOut: 3, refused: 4 };

let stage: Stage;

before(async () => {
  stage = await openStage();
});
after(async () => {
  await stage?.leave();
  await stage?.lab.stop();
});

/** A test on the stage: when it fails, the logs are saved before the lab goes. */
function scenario(name: string, run: (t: TestContext) => Promise<void>): void {
  test(name, async (t) => {
    try {
      await run(t);
    } catch (error) {
      const folder = mkdtempSync(join(tmpdir(), "syndicate-e2e-"));
      stage.lab.saveLogs(folder);
      t.diagnostic(`logs saved in ${folder}`);
      throw error;
    }
  });
}

function migrate(app: Application, from: Side, to: Side, ...flags: string[]): Promise<CommandResult> {
  const call = ["migrate", app.name, "-n", app.namespace, "--from", from.name, "--to", to.name, "--yes", ...flags];
  return stage.shell.run(["kubectl", "syndicate", ...call]);
}

function assertCode(result: CommandResult, code: number): void {
  assert.equal(result.code, code, `${result.stdout}\n${result.stderr}`);
}

function assertNoLoss(t: TestContext, reports: readonly ClientReport[]): void {
  for (const { cluster, sent, failures, missed, late, p50, p99 } of reports) {
    const latency = `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
    t.diagnostic(`client in ${cluster}: ${failures} of ${sent} failed, missed ${missed}, late ${late}, ${latency}`);
  }
  const failed = reports.flatMap((report) => report.failed.slice(0, 3)).map((record) => JSON.stringify(record));
  assert.deepEqual(findFaults(reports), [], failed.join("\n"));
}

interface Prepared {
  app: Application;
  first: LabPod[];
  clients: Clients;
}

/** An application in east, replicated to west, called from both. */
async function prepare(name: string): Promise<Prepared> {
  const { east, west, sides } = stage;
  const app = new Application(name);
  await app.prepare(stage);
  const first = await app.startPods(east, 2);
  await app.create(east, { [MIN_READY_SECONDS]: "1" });
  await waitReplicated(app, west, east);
  return { app, first, clients: await startClients(app, sides, RATE) };
}

/** The old pods die at once, then the clients have a moment to notice. */
async function finish(t: TestContext, { clients }: Prepared, oldPods: readonly LabPod[]): Promise<void> {
  await removeAtOnce(oldPods);
  await sleep(2000);
  assertNoLoss(t, await clients.stop());
}

async function versions(app: Application): Promise<(string | undefined)[]> {
  return Promise.all(stage.sides.map(async (side) => (await app.read(side))?.metadata.resourceVersion));
}

describe("migrate", { concurrency: 3 }, () => {
  scenario("the demo: not one request fails; a second run has nothing to do; and back again", async (t) => {
    const { east, west, sides } = stage;
    const played = await playMove(stage, { minReadySeconds: 2, quietSeconds: 2 });
    assertCode(played.migrate, 0);
    assert.match(played.migrate.stdout, /^Done in [\d.ms]+: west serves default\/web with 3 endpoints; east follows\./);
    assertNoLoss(t, played.reports);

    const { app } = played;
    const before = await versions(app);
    const again = await migrate(app, east, west);
    assertCode(again, 0);
    assert.match(again.stdout, /^Nothing to do: west serves default\/web with 3 endpoints/);
    assert.deepEqual(await versions(app), before);

    const clients = await startClients(app, sides, RATE);
    const young = app.pods.filter(({ name }) => name.startsWith("web-west"));
    await app.startPods(east, 3);
    assertCode(await migrate(app, west, east), 0);
    await removeAtOnce(young);
    await sleep(2000);
    assertNoLoss(t, await clients.stop());
  });

  scenario("cutover: the old cluster serves until pods come up in the new one", async (t) => {
    const { east, west } = stage;
    const prepared = await prepare("ledger");
    const { app, first } = prepared;
    const running = migrate(app, east, west, "--strategy", "cutover");
    await waitFor("the hand-over to begin", async () => {
      const mode = annotation(await mustRead(app, east), MODE);
      return mode === "receiver" ? { done: undefined } : { seen: `mode ${mode}` };
    });
    await sleep(1000);
    await app.startPods(west, 2);
    const result = await running;
    assertCode(result, 0);
    assert.match(result.stderr, /west has 0 of 2 ready endpoints/);
    await finish(t, prepared, first);
  });

  scenario("refused without ready pods in the new cluster, and nothing is written", async (t) => {
    const { east, west } = stage;
    const { app, clients } = await prepare("early");
    const before = await versions(app);
    const result = await migrate(app, east, west);
    assertCode(result, EXIT.refused);
    assert.match(result.stderr, /pods ready in west +0 of 2/);
    assert.match(result.stderr, /refused, nothing was written/);
    assert.deepEqual(await versions(app), before);
    assertNoLoss(t, await clients.stop());
  });
});

scenario(
  "sync stopped before the switch: migrate gives up in time, traffic goes on, the same command finishes",
  async (t) => {
    const { east, west, sides } = stage;
    const prepared = await prepare("halted");
    const { app, first } = prepared;
    const second = await app.startPods(west, 2);
    // The first half of the move as migrate does it, so that sync can be stopped exactly between the halves.
    await app.annotate(west, { [MIN_READY]: "2" });
    await app.declare(east, "union");
    await waitAtRest(app, sides, { mode: "union", at: "east" });
    // Endpoints objects come a moment after the slices.
    const pods = { east: first, west: second };
    await waitSummary(app, east, united(pods, "selector", "min-ready-seconds"));
    await waitSummary(app, west, united(pods, "origin-selector", "replica-of", "min-ready"));
    // Killed once the switch is declared: after that the pods have to be ready for min-ready-seconds, longer than the time given.
    const killed = waitFor("the switch", async () => {
      const mode = annotation(await mustRead(app, west), MODE);
      return mode === "source" ? { done: west.agent.sync.kill("SIGKILL") } : { seen: mode ?? "no mode" };
    });
    const stopped = await migrate(app, east, west, "--timeout", "8s");
    await killed;
    await west.agent.sync.exited;
    assertCode(stopped, EXIT.timedOut);
    assert.match(stopped.stderr, /not finished after 8s \(--timeout\), in step 5 of 6/);
    assert.match(stopped.stderr, /waits for west: /);
    assert.match(stopped.stderr, /Traffic goes on/);

    await west.agent.startSync();
    assertCode(await migrate(app, east, west, "--timeout", "60s"), 0);
    await finish(t, prepared, first);
  },
);

async function mustRead(app: Application, side: Side) {
  const service = await app.read(side);
  assert.ok(service, `${app.name} is gone in ${side.name}`);
  return service;
}
