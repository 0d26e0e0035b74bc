import { describe } from "node:test";
import { Application, removeAtOnce } from "./application.ts";
import { following, serving, united } from "./expectations.ts";
import { afterwards, settle, waitAtRest, waitReplicated } from "./rest.ts";
import { assertSummary, waitSummary } from "./summary.ts";
import { startTraffic } from "./traffic.ts";
import { scenario, useWorld } from "./world.ts";

// The recipe for an application without state, by hand: union where it lives, then source where it shall live.

const world = useWorld();

describe("stateless", { concurrency: 4 }, () => {
  scenario(world, "there and back again without a lost request", async (t) => {
    const { east, west, sides } = world;
    const app = new Application("roundtrip");
    await app.prepare(world);
    const first = await app.startPods(east, 3);
    await app.create(east);
    await waitReplicated(app, west, east);
    const traffic = await startTraffic(t, app, sides);
    const second = await app.startPods(west, 3);

    await app.declare(east, "union");
    await waitAtRest(app, sides, { mode: "union", at: "east" });
    const both = { east: first, west: second };
    await waitSummary(app, east, united(both, "selector", "min-ready-seconds"));
    await waitSummary(app, west, united(both, "origin-selector", "replica-of"));

    await app.declare(west, "source");
    await waitAtRest(app, sides, { mode: "source", at: "west" });
    await assertSummary(app, east, following(west, second, "receiver", "selector", "min-ready-seconds"));
    await assertSummary(app, west, serving(second, "source", "min-ready-seconds"));
    await settle();
    await removeAtOnce(first);

    const third = await app.startPods(east, 2);
    await app.declare(west, "union");
    await waitAtRest(app, sides, { mode: "union", at: "west" });
    await app.declare(east, "source");
    await waitAtRest(app, sides, { mode: "source", at: "east" });
    await assertSummary(app, west, following(east, third, "receiver", "selector", "min-ready-seconds"));
    await assertSummary(app, east, serving(third, "source", "min-ready-seconds"));
    await settle();
    await removeAtOnce(second);
    await afterwards();
    await traffic.stopWithoutLoss();
  });

  scenario(world, "headless: selectors stay, pods keep their names, nothing is lost", async (t) => {
    const { east, west, sides } = world;
    const app = new Application("named", { headless: true });
    await app.prepare(world);
    const first = await app.startPods(east, 2);
    await app.create(east);
    await waitReplicated(app, west, east);
    await waitSummary(app, west, following(east, first, undefined, "origin-selector", "replica-of"));
    const traffic = await startTraffic(t, app, sides);
    const second = await app.startPods(west, 2);
    await app.declare(east, "union");
    await waitAtRest(app, sides, { mode: "union", at: "east" });
    const shared = { ...united({}), service: "selects", skipMirror: false, shadows: 0 } as const;
    const [old, young] = [first, second].map((pods) => pods.map((pod) => pod.name));
    const inEast = { native: old, endpoints: old, copies: { west: young ?? [] } };
    const inWest = { native: young, endpoints: young, copies: { east: old ?? [] } };
    await waitSummary(app, east, { ...shared, ...inEast, keys: ["intent", "min-ready-seconds", "mode"] });
    await waitSummary(app, west, { ...shared, ...inWest, keys: ["intent", "mode", "origin-selector", "replica-of"] });
    await app.declare(west, "source");
    await waitAtRest(app, sides, { mode: "source", at: "west" });
    await assertSummary(app, east, following(west, second, "receiver", "selector", "min-ready-seconds"));
    await assertSummary(app, west, serving(second, "source", "min-ready-seconds"));
    await settle();
    await removeAtOnce(first);
    await afterwards();
    await traffic.stopWithoutLoss();
  });

  scenario(world, "two ports with names of the pods' ports, pods in the new cluster only after union", async (t) => {
    const { east, west, sides } = world;
    const ports = [
      { name: "http", port: 80, targetPort: "web" },
      { name: "metrics", port: 9000, targetPort: "stats" },
    ];
    const podPorts = [
      { name: "web", port: 8080 },
      { name: "stats", port: 9090 },
    ];
    const app = new Application("ports", { ports, podPorts });
    await app.prepare(world);
    const first = await app.startPods(east, 2);
    await app.create(east);
    await waitReplicated(app, west, east);
    const traffic = [await startTraffic(t, app, sides), await startTraffic(t, app, sides, 9000)];
    await app.declare(east, "union");
    await waitAtRest(app, sides, { mode: "union", at: "east" });
    const second = await app.startPods(west, 2);
    await app.declare(west, "source");
    await waitAtRest(app, sides, { mode: "source", at: "west" });
    await waitSummary(app, east, following(west, second, "receiver", "selector", "min-ready-seconds"));
    await waitSummary(app, west, serving(second, "source", "min-ready-seconds"));
    await settle();
    await removeAtOnce(first);
    await afterwards();
    for (const one of traffic) await one.stopWithoutLoss();
  });
});
