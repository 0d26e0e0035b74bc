import assert from "node:assert/strict";
import { describe, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { MeterReport } from "../../lab/lab.ts";
import { Application, removeAtOnce } from "../application.ts";
import { absent, following, serving } from "../expectations.ts";
import { finishMove, type Move, startMove, startNewPods, together, waitUnion } from "../recipes.ts";
import { afterwards, settle, waitAtRest, waitCondition, waitGone, waitReplicated } from "../rest.ts";
import { type Summary, summarise, waitSummary } from "../summary.ts";
import { assertLossWithin, assertNoLoss } from "../traffic.ts";
import { scenario, useWorld } from "../world.ts";

// API servers that go down and networks that are cut in the middle of moves. Every disturbance meets three moves at once: one
// on its way into a union, one on its way to the new cluster out of a union, and one between receiver and release.

const world = useWorld();

/** Long enough for every step that is under way to fail or hang. */
const OUTAGE_MS = 3000;

interface Moves {
  uniting: Move;
  switching: Move;
  handing: Move;
}

async function startMoves(t: TestContext, name: string): Promise<Moves> {
  const { east } = world;
  const start = (kind: string) => startMove(t, world, new Application(`${kind}-${name}`));
  const [uniting, switching, handing] = await Promise.all([start("uniting"), start("switching"), start("handing")]);
  await Promise.all([startNewPods(world, uniting), startNewPods(world, switching)]);
  await switching.app.declare(east, "union");
  await waitUnion(world, switching);
  return { uniting, switching, handing };
}

/** Declares all three next steps; the third waits for its pods, so that it is under way for sure. */
async function declareAll({ uniting, switching, handing }: Moves): Promise<void> {
  const { east, west } = world;
  await handing.app.declare(east, "receiver");
  await Promise.all([uniting.app.declare(east, "union"), switching.app.declare(west, "source")]);
}

async function finishMoves({ uniting, switching, handing }: Moves): Promise<void> {
  await together(
    finishMove(world, switching, "min-ready-seconds"),
    finishMove(world, handing),
    (async () => {
      await waitUnion(world, uniting);
      await uniting.app.declare(world.west, "source");
      await finishMove(world, uniting, "min-ready-seconds");
    })(),
  );
}

/** Those of the moves that have not come to their end in east, the last to be there. */
async function findUnderWay({ uniting, switching, handing }: Moves): Promise<string[]> {
  const found = await Promise.all([uniting, switching, handing].map(({ app }) => summarise(app, world.east)));
  const [united, switched, handed] = found as [Summary, Summary, Summary];
  const follows = ({ mode, service }: Summary) => mode === "receiver" && service === "no selector";
  return [
    ...(united.shadows === 0 ? [uniting] : []),
    ...(follows(switched) ? [] : [switching]),
    ...(follows(handed) ? [] : [handing]),
  ].map(({ app }) => app.name);
}

/** Runs three moves with something in the way from the moment they were declared. */
async function disturb(
  t: TestContext,
  name: string,
  begin: () => Promise<void>,
  end: () => Promise<void>,
): Promise<void> {
  const moves = await startMoves(t, name);
  await declareAll(moves);
  const underWay = await findUnderWay(moves);
  t.diagnostic(`under way: ${underWay.join(", ")}`);
  assert.ok(underWay.includes(moves.handing.app.name), "the move that waits for its pods is at its end without them");
  await begin();
  // Only now can the third go on, whatever the others had time for.
  await startNewPods(world, moves.handing);
  await sleep(OUTAGE_MS);
  await end();
  t.diagnostic(`over at ${new Date().toISOString()}`);
  await finishMoves(moves);
}

describe("outage", { concurrency: 1 }, () => {
  scenario(world, "the API servers restart, the old cluster's first, then the new one's", async (t) => {
    const [{ cluster: east }, { cluster: west }] = [world.east, world.west];
    await disturb(
      t,
      "restart",
      () => east.stopApiServer(),
      async () => {
        await east.startApiServer();
        // Nobody has found his way back yet.
        await west.stopApiServer();
        await sleep(OUTAGE_MS);
        await west.startApiServer();
      },
    );
  });

  scenario(world, "the clusters' API servers cannot reach each other", async (t) => {
    const [{ cluster: east }, { cluster: west }] = [world.east, world.west];
    await disturb(
      t,
      "cut",
      () => east.cutFrom(west),
      () => east.healFrom(west),
    );
  });

  scenario(
    world,
    "the clusters are cut off entirely: the old one serves on, and the move goes on afterwards",
    async (t) => {
      const { east, west, sides } = world;
      const move = await startMove(t, world, new Application("island"));
      await move.app.declare(east, "receiver");
      await waitCondition(move.app, east, "Holding", "west has 0 of 1 ready endpoints");
      const begin = Date.now();
      await east.cluster.cutFrom(west.cluster, { pods: true });
      await startNewPods(world, move);
      await sleep(OUTAGE_MS);
      await east.cluster.healFrom(west.cluster);
      const end = Date.now();
      await waitAtRest(move.app, sides, { mode: "source", at: "west" });
      await settle();
      await removeAtOnce(move.first);
      await waitSummary(move.app, east, following(west, move.second, "receiver", "selector", "min-ready-seconds"));
      await waitSummary(move.app, west, serving(move.second, "source"));
      await afterwards();
      const reports = await move.traffic.stop();
      assertLossWithin(reports["west"], begin, end);
      assertNoLoss("east", reports["east"] as MeterReport);
    },
  );

  scenario(world, "singular written on a replica waits for an origin without a sync process", async () => {
    const { east, west } = world;
    const app = new Application("untold");
    await app.prepare(world);
    const pods = await app.startPods(east, 1);
    await app.create(east);
    await waitReplicated(app, west, east);
    east.agent.sync.kill("SIGKILL");
    await east.agent.sync.exited;
    await app.declare(west, "singular");
    await waitCondition(app, west, "Holding", "east has not taken the intent yet");
    await waitSummary(
      app,
      west,
      following(east, pods, "singular", "min-ready-seconds", "origin-selector", "replica-of"),
    );
    await east.agent.startSync();
    await waitGone(app, west);
    await waitSummary(app, west, absent());
    await waitAtRest(app, [east], { mode: "singular", at: "east" });
    await waitSummary(app, east, serving(pods, "singular"));
  });
});
