import { Application, removeAtOnce } from "../application.ts";
import { following, serving, unitedKeeping } from "../expectations.ts";
import { startMove, startNewPods } from "../recipes.ts";
import { afterwards, settle, waitAtRest } from "../rest.ts";
import { waitSummary } from "../summary.ts";
import { scenario, useWorld } from "../world.ts";

const world = useWorld({ env: { UNION_SELECTOR: "keep" } });

scenario(world, "UNION_SELECTOR=keep: a union without shadows, then a move without a lost request", async (t) => {
  const { east, west, sides } = world;
  const move = await startMove(t, world, new Application("kept"));
  const { app, first, second, traffic } = move;
  await startNewPods(world, move);
  await app.declare(east, "union");
  await waitAtRest(app, sides, { mode: "union", at: "east" });
  await waitSummary(app, east, unitedKeeping(first, { west: second }, "min-ready-seconds"));
  await waitSummary(app, west, unitedKeeping(second, { east: first }, "origin-selector", "replica-of"));
  await app.declare(west, "source");
  await waitAtRest(app, sides, { mode: "source", at: "west" });
  await settle();
  await removeAtOnce(first);
  await waitSummary(app, east, following(west, second, "receiver", "selector", "min-ready-seconds"));
  await waitSummary(app, west, serving(second, "source", "min-ready-seconds"));
  await afterwards();
  await traffic.stopWithoutLoss();
});
