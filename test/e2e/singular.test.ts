import assert from "node:assert/strict";
import { describe, type TestContext } from "node:test";
import { MODE } from "../../shared/keys.ts";
import { events } from "../../shared/kube/resources.ts";
import type { LabPod } from "../lab/lab.ts";
import { Application, readStanding } from "./application.ts";
import { absent, following, serving } from "./expectations.ts";
import { settle, waitAtRest, waitGone, waitReplicated } from "./rest.ts";
import { assertSummary, waitSummary } from "./summary.ts";
import { startTraffic, type Traffic } from "./traffic.ts";
import { waitFor } from "./waiting.ts";
import { type Side, scenario, useWorld } from "./world.ts";

// Singular ends replication: what was replicated goes, what a user made serves with its own pods again.

const world = useWorld();

async function startInEast(name: string): Promise<{ app: Application; first: LabPod[] }> {
  const { east, west } = world;
  const app = new Application(name);
  await app.prepare(world);
  const first = await app.startPods(east, 2);
  await app.create(east);
  await waitReplicated(app, west, east);
  return { app, first };
}

interface Moved {
  app: Application;
  first: LabPod[];
  second: LabPod[];
  traffic: Traffic;
}

/** An application moved to west by the stateless recipe, whose old pods are still there. */
async function moveToWest(t: TestContext, name: string): Promise<Moved> {
  const { east, west, sides } = world;
  const { app, first } = await startInEast(name);
  const traffic = await startTraffic(t, app, sides);
  const second = await app.startPods(west, 2);
  await app.declare(east, "union");
  await waitAtRest(app, sides, { mode: "union", at: "east" });
  await app.declare(west, "source");
  await waitAtRest(app, sides, { mode: "source", at: "west" });
  return { app, first, second, traffic };
}

/** The Service takes no part any more: it says nothing of it either, so that nobody waits for what will never be. */
async function waitSilent(app: Application, side: Side): Promise<void> {
  await waitFor(`the end of the condition on ${app.name} in ${side.name}`, async () => {
    const { condition } = await readStanding(app, side);
    return condition ? { seen: `${condition.reason}: ${condition.message}` } : { done: undefined };
  });
}

describe("singular", { concurrency: 4 }, () => {
  scenario(world, "on the source: the replica goes with all that belongs to it", async (t) => {
    const { east, west } = world;
    const { app, first } = await startInEast("one");
    const traffic = await startTraffic(t, app, [east]);
    await app.declare(east, "singular");
    await waitGone(app, west);
    await waitAtRest(app, [east], { mode: "singular", at: "east" });
    await waitSummary(app, west, absent());
    await assertSummary(app, east, serving(first, "singular", "min-ready-seconds"));
    await settle();
    await traffic.stopWithoutLoss();
    await app.declare(east, "source");
    await waitReplicated(app, west, east);
    await waitAtRest(app, world.sides, { mode: "source", at: "east" });
    await waitSummary(app, west, following(east, first, "receiver", "origin-selector", "replica-of"));
  });

  scenario(world, "on a replica: its origin becomes singular, the replica goes", async (t) => {
    const { east, west } = world;
    const { app, first } = await startInEast("two");
    const traffic = await startTraffic(t, app, [east]);
    await app.declare(west, "singular");
    await waitAtRest(app, [east], { mode: "singular", at: "east" });
    await waitGone(app, west);
    await waitSummary(app, west, absent());
    await assertSummary(app, east, serving(first, "singular"));
    await settle();
    await assertSummary(app, west, absent());
    await traffic.stopWithoutLoss();
  });

  scenario(world, "at creation: never replicated", async () => {
    const { east, west } = world;
    const app = new Application("three");
    const witness = new Application("witness");
    await app.prepare(world);
    const pods = await app.startPods(east, 1);
    await app.create(east, { [MODE]: "singular" });
    await waitAtRest(app, [east], { mode: "singular", at: "east" });
    // Events come in order, so whoever has seen the second Service had seen the first.
    await witness.create(east);
    await waitReplicated(witness, west, east);
    await assertSummary(app, west, absent());
    await waitSummary(app, east, serving(pods, "singular"));
    const told = await west.client.list<{ regarding: { name: string } }>(events.in(app.namespace));
    assert.deepEqual(
      told.items.filter(({ regarding }) => regarding.name === app.name),
      [],
    );
  });

  scenario(world, "after a move, on the old cluster: both serve with their own pods", async (t) => {
    const { east, west } = world;
    const { app, first, second, traffic } = await moveToWest(t, "four");
    await app.declare(east, "singular");
    await waitAtRest(app, [east], { mode: "singular", at: "east" });
    await waitSummary(app, east, serving(first, "singular", "min-ready-seconds"));
    await waitSummary(app, west, serving(second, undefined, "min-ready-seconds"));
    await waitSilent(app, west);
    await settle();
    await traffic.stopWithoutLoss();
  });

  scenario(world, "after a move, on the new cluster: both serve with their own pods", async (t) => {
    const { east, west } = world;
    const { app, first, second, traffic } = await moveToWest(t, "five");
    await app.declare(west, "singular");
    await waitAtRest(app, [west], { mode: "singular", at: "west" });
    await waitSummary(app, west, serving(second, "singular", "min-ready-seconds"));
    await waitSummary(app, east, serving(first, undefined, "min-ready-seconds"));
    await waitSilent(app, east);
    await settle();
    await traffic.stopWithoutLoss();
  });
});
