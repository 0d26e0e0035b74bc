import assert from "node:assert/strict";
import { describe, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { SUCCESSOR } from "../../shared/keys.ts";
import { Application, readStanding, removeAtOnce } from "./application.ts";
import { serving } from "./expectations.ts";
import { fingerprint } from "./fingerprint.ts";
import { finishMove, type Move, startMove, startNewPods, together, waitUnion } from "./recipes.ts";
import { afterwards, settle, waitAtRest } from "./rest.ts";
import { summarise, waitSummary } from "./summary.ts";
import { assertLossWithin, assertNoLoss, startTraffic } from "./traffic.ts";
import { waitFor } from "./waiting.ts";
import { type Side, scenario, useWorld, type World } from "./world.ts";

// Both recipes from east to west with south looking on, then on to south; and moves during which south is cut off.

const world = useWorld({ clusters: ["east", "west", "south"] });

/** Long enough for clients in the cut-off cluster to notice. */
const ISLAND_MS = 3000;

/** What every cluster holds of an application that was moved to west without anything in the way, by recipe. */
const undisturbed: Record<string, string[]> = {};

function fingerprints(app: Application): Promise<string[]> {
  return Promise.all(world.sides.map((side) => fingerprint(app, side)));
}

function south(): Side {
  return world.sides[2] as Side;
}

/** The clusters as the recipes see them on the second leg. */
function onward(): World {
  return { ...world, east: world.west, west: south() };
}

/** South serves alone: every cluster has its pods and no other, and the last ones before it may go. `keys`: south's, beside the mode's. */
async function arrive({ app }: Move, traffic: Move["traffic"], ...keys: string[]): Promise<void> {
  await waitAtRest(app, world.sides, { mode: "source", at: "south" });
  const [old, pods] = [app.pods.slice(2, 4), app.pods.slice(4)];
  await settle();
  await removeAtOnce(old);
  await waitSummary(app, south(), serving(pods, "source", ...keys));
  for (const side of [world.east, world.west]) {
    const { service, copies, native, shadows } = await summarise(app, side);
    const names = pods.map((pod) => pod.name).sort();
    const follows = { service: "no selector", copies: { south: names }, native: undefined, shadows: 0 };
    assert.deepEqual({ service, copies, native, shadows }, follows);
  }
  await afterwards();
  await traffic.stopWithoutLoss();
}

interface Moves {
  uniting: Move;
  switching: Move;
  handing: Move;
}

/** Three moves, each about to make another step: into a union, out of a union to west, from receiver to release. */
async function startMoves(t: TestContext, name: string): Promise<Moves> {
  const start = (kind: string) => startMove(t, world, new Application(`${kind}-${name}`));
  const [uniting, switching, handing] = await Promise.all([start("uniting"), start("switching"), start("handing")]);
  await Promise.all([startNewPods(world, uniting), startNewPods(world, switching), startNewPods(world, handing)]);
  await switching.app.declare(world.east, "union");
  await waitUnion(world, switching);
  return { uniting, switching, handing };
}

/** Cuts south's host, or its pods too, off from the others. */
async function cutOff({ pods }: { pods: boolean }): Promise<void> {
  for (const { cluster } of [world.east, world.west]) await south().cluster.cutFrom(cluster, { pods });
}

async function heal(): Promise<void> {
  for (const { cluster } of [world.east, world.west]) await south().cluster.healFrom(cluster);
}

/** Declares the next step of all three and waits until east waits for south. */
async function declareAll({ uniting, switching, handing }: Moves): Promise<void> {
  const { east, west } = world;
  await handing.app.declare(east, "receiver", { [SUCCESSOR]: "west" });
  await switching.app.declare(west, "source");
  await uniting.app.declare(east, "union");
  for (const { app } of [handing, switching]) {
    await waitFor(`${app.name} in east to wait for south`, async () => {
      const { condition } = await readStanding(app, east);
      const waits = condition?.message.includes("keeps serving: south cannot be read");
      return waits ? { done: undefined } : { seen: JSON.stringify(condition) };
    });
  }
}

async function finishMoves({ uniting, switching, handing }: Moves, finish: typeof finishMove): Promise<void> {
  await together(
    finish(world, switching, "min-ready-seconds"),
    finish(world, { ...handing, eastKeys: ["successor"] }),
    (async () => {
      await waitUnion(world, uniting);
      await uniting.app.declare(world.west, "source");
      await finish(world, uniting, "min-ready-seconds");
    })(),
  );
}

/** Every cluster ended as if nothing had been in the way. */
async function assertSameEnd({ uniting, switching, handing }: Moves): Promise<void> {
  assert.deepEqual(await fingerprints(uniting.app), undisturbed["stateless"]);
  assert.deepEqual(await fingerprints(switching.app), undisturbed["stateless"]);
  assert.deepEqual(await fingerprints(handing.app), undisturbed["stateful"]);
}

describe("three clusters", { concurrency: 4 }, () => {
  scenario(world, "stateless: east to west to south without a lost request", async (t) => {
    const move = await startMove(t, world, new Application("stateless"));
    const { app } = move;
    await startNewPods(world, move);
    await app.declare(world.east, "union");
    await waitUnion(world, move);
    await app.declare(world.west, "source");
    await finishMove(world, move, "min-ready-seconds");
    undisturbed["stateless"] = await fingerprints(app);
    const traffic = await startTraffic(t, app, world.sides);
    await startNewPods(onward(), move);
    await app.declare(world.west, "union");
    await waitAtRest(app, world.sides, { mode: "union", at: "west" });
    await app.declare(south(), "source");
    await arrive(move, traffic, "min-ready-seconds");
  });

  scenario(world, "stateful: east to west to south without a lost request", async (t) => {
    const move = await startMove(t, world, new Application("stateful"));
    const { app } = move;
    await startNewPods(world, move);
    await app.declare(world.east, "receiver", { [SUCCESSOR]: "west" });
    await finishMove(world, { ...move, eastKeys: ["successor"] });
    undisturbed["stateful"] = await fingerprints(app);
    const traffic = await startTraffic(t, app, world.sides);
    await startNewPods(onward(), move);
    await app.declare(world.west, "receiver", { [SUCCESSOR]: "south" });
    await arrive(move, traffic);
  });
});

scenario(world, "one of three is cut off during moves: who reaches the pods loses no request", async (t) => {
  const moves = await startMoves(t, "island");
  await cutOff({ pods: false });
  await declareAll(moves);
  await heal();
  const begin = Date.now();
  await cutOff({ pods: true });
  await sleep(ISLAND_MS);
  await heal();
  const end = Date.now();
  await finishMoves(moves, async (_world, move, ...keys) => {
    const { traffic } = move;
    const stopWithoutLoss = async () => {
      const { south: cut, ...others } = await traffic.stop();
      for (const [name, report] of Object.entries(others)) assertNoLoss(`${move.app.name} in ${name}`, report);
      assertLossWithin(cut, begin, end);
      return others;
    };
    await finishMove(world, { ...move, traffic: { ...traffic, stopWithoutLoss } }, ...keys);
  });
  await assertSameEnd(moves);
});
