import { describe, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Application } from "./application.ts";
import { finishMove, type Move, startMove, startNewPods, together, waitUnion } from "./recipes.ts";
import { scenario, useWorld } from "./world.ts";

// API servers that go down and networks that are cut in the middle of moves. Every disturbance meets three moves at once: one
// on its way into a union, one on its way to the new cluster out of a union, and one between receiver and release.

const world = useWorld();

/** Long enough for every step that is under way to fail or hang. */
const OUTAGE_MS = 5000;

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

/** Declares all three next steps at once; the pods of the third come too. */
async function declareAll({ uniting, switching, handing }: Moves): Promise<void> {
  const { east, west } = world;
  await Promise.all([
    uniting.app.declare(east, "union"),
    switching.app.declare(west, "source"),
    handing.app.declare(east, "receiver"),
    startNewPods(world, handing),
  ]);
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

/** Runs three moves with something in the way from the moment they were declared. */
async function disturb(
  t: TestContext,
  name: string,
  begin: () => Promise<void>,
  end: () => Promise<void>,
): Promise<void> {
  const moves = await startMoves(t, name);
  await declareAll(moves);
  await begin();
  await sleep(OUTAGE_MS);
  await end();
  t.diagnostic(`over at ${new Date().toISOString()}`);
  await finishMoves(moves);
}

describe("outage", { concurrency: 1 }, () => {
  scenario(world, "the old cluster's API server goes down", async (t) => {
    const { cluster } = world.east;
    await disturb(
      t,
      "old",
      () => cluster.stopApiServer(),
      () => cluster.startApiServer(),
    );
  });

  scenario(world, "the new cluster's API server goes down", async (t) => {
    const { cluster } = world.west;
    await disturb(
      t,
      "new",
      () => cluster.stopApiServer(),
      () => cluster.startApiServer(),
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
});
