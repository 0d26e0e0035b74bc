import type { TestContext } from "node:test";
import type { LabPod } from "../lab/lab.ts";
import { type Application, removeAtOnce } from "./application.ts";
import { following, serving } from "./expectations.ts";
import { afterwards, settle, waitAtRest, waitReplicated } from "./rest.ts";
import { waitSummary } from "./summary.ts";
import { startTraffic, type Traffic } from "./traffic.ts";
import type { World } from "./world.ts";

// The two recipes from east to west as one call each, for tests that disturb them.

/** Where an application is during a recipe. */
export interface Move {
  app: Application;
  /** Pods in east. */
  first: LabPod[];
  /** Pods in west. */
  second: LabPod[];
  /** Keys of ours that the person who declared left on the Service in east. Default: none but those of every recipe. */
  eastKeys?: string[];
  traffic: Traffic;
}

/** How long one phase may take when sync is killed or cut off again and again. */
export const PATIENCE_SECONDS = 240;

/** An application in east, replicated to west, with clients in both. */
export async function startMove(t: TestContext, world: World, app: Application): Promise<Move> {
  const { east, west, sides } = world;
  await app.prepare(world);
  const first = await app.startPods(east, 2);
  await app.create(east);
  await waitReplicated(app, west, east);
  return { app, first, second: [], traffic: await startTraffic(t, app, sides) };
}

/** Starts the pods in west. */
export async function startNewPods({ west }: World, move: Move): Promise<void> {
  move.second.push(...(await move.app.startPods(west, 2)));
}

/** Waits for a union declared in east. */
export function waitUnion({ sides }: World, { app }: Move): Promise<void> {
  return waitAtRest(app, sides, { mode: "union", at: "east" }, PATIENCE_SECONDS);
}

/** Waits until west serves, removes the old pods at once and checks that nothing is left over and nothing was lost. */
export async function finishMove({ east, west, sides }: World, move: Move, ...westKeys: string[]): Promise<void> {
  const { app, first, second, eastKeys = [], traffic } = move;
  await waitAtRest(app, sides, { mode: "source", at: "west" }, PATIENCE_SECONDS);
  await settle();
  await removeAtOnce(first);
  await waitSummary(app, east, following(west, second, "receiver", "selector", "min-ready-seconds", ...eastKeys));
  await waitSummary(app, west, serving(second, "source", ...westKeys));
  await afterwards();
  await traffic.stopWithoutLoss();
}

/** The recipe for an application without state. */
export async function moveStateless(t: TestContext, world: World, app: Application): Promise<void> {
  const move = await startMove(t, world, app);
  await startNewPods(world, move);
  await app.declare(world.east, "union");
  await waitUnion(world, move);
  await app.declare(world.west, "source");
  await finishMove(world, move, "min-ready-seconds");
}

/** The recipe for an application with state. */
export async function moveStateful(t: TestContext, world: World, app: Application): Promise<void> {
  const move = await startMove(t, world, app);
  await app.declare(world.east, "receiver");
  await startNewPods(world, move);
  await finishMove(world, move);
}

/** Waits for all of them, then throws the first failure if there is one: none goes on behind the back of a failed test. */
export async function together(...runs: Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(runs)) if (result.status === "rejected") throw result.reason;
}
