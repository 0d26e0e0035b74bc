import { describe } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Application } from "../application.ts";
import { finishMove, startMove, startNewPods, waitUnion } from "../recipes.ts";
import { afterwards, waitAtRest, waitReplicated } from "../rest.ts";
import { startTraffic } from "../traffic.ts";
import { waitFor } from "../waiting.ts";
import { type Side, scenario, useWorld } from "../world.ts";

// Whoever keeps manifests applies them at any time, and replaces Services by deleting them.

const world = useWorld({ webhook: true });

async function apply(app: Application, side: Side): Promise<void> {
  const result = await side.cluster.kubectl(["apply", "-f", "-"], JSON.stringify(app.manifest()));
  if (result.code !== 0) throw new Error(`kubectl apply in ${side.name}: ${result.stderr}`);
}

/** Waits until a cluster has followed a Service into this life of its own: what was true of the last one is true until then. */
async function waitFollowed(app: Application, side: Side, life: string): Promise<void> {
  await waitFor(`${app.name} in ${side.name} to be in its ${life} life`, async () => {
    const { labels } = (await app.read(side))?.metadata ?? {};
    return labels?.["life"] === life ? { done: undefined } : { seen: JSON.stringify(labels) };
  });
}

describe("manifests", { concurrency: 2 }, () => {
  scenario(world, "the manifest is applied again and again during a move: no request is lost", async (t) => {
    const move = await startMove(t, world, new Application("applied"));
    const { app } = move;
    await startNewPods(world, move);
    await apply(app, world.east);
    await app.declare(world.east, "union");
    for (let i = 0; i < 3; i++) {
      await sleep(300);
      await Promise.all(world.sides.map((side) => apply(app, side)));
    }
    await waitUnion(world, move);
    await app.declare(world.west, "source");
    for (let i = 0; i < 3; i++) {
      await sleep(300);
      await apply(app, world.east);
    }
    await finishMove(world, move, "min-ready-seconds");
  });

  scenario(
    world,
    "a Service deleted and made again at once, before and in a union, is followed as before",
    async (t) => {
      const { east, west, sides } = world;
      const app = new Application("reborn");
      await app.prepare(world);
      await app.startPods(east, 2);
      await app.create(east);
      await waitReplicated(app, west, east);
      const again = async (life: string) => {
        await east.cluster.call("DELETE", `/api/v1/namespaces/${app.namespace}/services/${app.name}`);
        await new Application(app.name, { labels: { life } }).create(east);
        await waitFollowed(app, west, life);
      };
      await again("second");
      await waitReplicated(app, west, east);
      await app.declare(east, "union");
      await waitAtRest(app, sides, { mode: "union", at: "east" });
      await again("third");
      await waitAtRest(app, sides, { mode: "union", at: "east" });
      const traffic = await startTraffic(t, app, sides);
      await afterwards();
      await traffic.stopWithoutLoss();
    },
  );
});
