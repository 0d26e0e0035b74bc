import assert from "node:assert/strict";
import { describe, type TestContext } from "node:test";
import { SELECTOR } from "../../shared/keys.ts";
import type { LabPod } from "../lab/lab.ts";
import { Application, type ApplicationOptions, removeAtOnce } from "./application.ts";
import { following, serving } from "./expectations.ts";
import { afterwards, settle, waitAtRest, waitCondition, waitReplicated } from "./rest.ts";
import { assertSummary, type Summary, waitSummary } from "./summary.ts";
import { startTraffic, type Traffic } from "./traffic.ts";
import { scenario, useWorld } from "./world.ts";

// The recipe for an application with state: receiver where it lives, then its data and pods go over.

const world = useWorld();

interface Start {
  app: Application;
  first: LabPod[];
  traffic: Traffic;
}

async function startInEast(t: TestContext, name: string, options: ApplicationOptions = {}): Promise<Start> {
  const { east, west, sides } = world;
  const app = new Application(name, options);
  await app.prepare(world);
  const first = await app.startPods(east, 2);
  await app.create(east);
  await waitReplicated(app, west, east);
  return { app, first, traffic: await startTraffic(t, app, sides) };
}

/** What the new cluster holds while it has no pods yet: the selector, and the old cluster's pods. */
function expecting(first: readonly LabPod[]): Summary {
  const old = first.map((pod) => pod.name).sort();
  return { ...serving([], "source"), copies: { east: old } };
}

/** East holds on to its pods as long as west has none. */
async function waitHolding({ app, first }: Start): Promise<void> {
  const { east, west } = world;
  await waitCondition(app, east, "Holding", "west has 0 of 1 ready endpoints");
  await waitCondition(app, west, "Holding", "keeps the endpoints of east");
  const holding = serving(first, "receiver", "selector", "min-ready-seconds");
  // One copy for each slice of the other side, even of one that is still empty.
  await waitSummary(app, east, { ...holding, copies: { west: [] } });
  await waitSummary(app, west, expecting(first));
}

async function finish({ app, first, traffic }: Start, second: LabPod[], ...westKeys: string[]): Promise<void> {
  const { east, west, sides } = world;
  await waitAtRest(app, sides, { mode: "source", at: "west" });
  await assertSummary(app, east, following(west, second, "receiver", "selector", "min-ready-seconds"));
  await assertSummary(app, west, serving(second, "source", ...westKeys));
  await settle();
  await removeAtOnce(first);
  await afterwards();
  await traffic.stopWithoutLoss();
}

describe("stateful", { concurrency: 4 }, () => {
  scenario(world, "the old pods serve until the new ones are ready, which start only afterwards", async (t) => {
    const start = await startInEast(t, "late");
    await start.app.declare(world.east, "receiver");
    await waitHolding(start);
    const second = await start.app.startPods(world.west, 2, { ready: false });
    await waitCondition(start.app, world.east, "Holding", "west has 0 of 1 ready endpoints");
    for (const pod of second) await pod.setReady(true);
    await waitCondition(start.app, world.west, "InSync");
    await finish(start, second);
  });

  scenario(world, "headless: the same, by name", async (t) => {
    const start = await startInEast(t, "ledger", { headless: true });
    await start.app.declare(world.east, "receiver");
    await waitHolding(start);
    await finish(start, await start.app.startPods(world.west, 2));
  });

  scenario(world, "the new cluster has a selector of its own, set before", async (t) => {
    const start = await startInEast(t, "apart");
    const { app } = start;
    const labels = { app: "apart", generation: "next" };
    await app.annotate(world.west, { [SELECTOR]: JSON.stringify(labels) });
    const others = await app.startPods(world.west, 1);
    await app.declare(world.east, "receiver");
    await waitHolding(start);
    const second = await app.startPods(world.west, 2, { labels });
    await finish(start, second);
    assert.deepEqual((await app.read(world.west))?.spec.selector, labels);
    await removeAtOnce(others);
  });

  scenario(world, "taken back before the release, then moved after all", async (t) => {
    const { east, west, sides } = world;
    const start = await startInEast(t, "regretted");
    const { app, first } = start;
    await app.declare(east, "receiver");
    await waitHolding(start);
    await app.declare(east, "source");
    await waitAtRest(app, sides, { mode: "source", at: "east" });
    await assertSummary(app, east, serving(first, "source", "min-ready-seconds"));
    await assertSummary(app, west, following(east, first, "receiver", "selector"));
    await app.declare(east, "receiver");
    await waitHolding(start);
    await finish(start, await app.startPods(west, 2));
  });
});
