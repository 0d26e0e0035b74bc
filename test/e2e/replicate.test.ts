import assert from "node:assert/strict";
import { describe } from "node:test";
import type { Service } from "../../shared/kube/objects.ts";
import { events, services } from "../../shared/kube/resources.ts";
import { Application, removeAtOnce } from "./application.ts";
import { absent, following, serving } from "./expectations.ts";
import { settle, waitGone, waitReplicated } from "./rest.ts";
import { assertSummary, type Summary, waitSummary } from "./summary.ts";
import { startTraffic } from "./traffic.ts";
import { type Side, scenario, useWorld } from "./world.ts";

// Without any mode: a Service of one cluster is callable by its name in the other.

const PRIVATE = "private";
const world = useWorld({ env: { EXCLUDE: `kube-system,kube-public,kube-node-lease,${PRIVATE}` } });

const KEYS = ["origin-selector", "replica-of"];

async function readService(app: Application, side: Side): Promise<Service> {
  return side.client.get<Service>(services.one(app.namespace, app.name));
}

describe("replicate", { concurrency: 4 }, () => {
  scenario(world, "headed: pods that come, go, terminate and turn unready are followed", async (t) => {
    await followPods(new Application("headed", PORTS), t);
  });

  scenario(world, "headless: the same, by name", async (t) => {
    await followPods(new Application("headless", { headless: true }), t);
  });

  scenario(
    world,
    "the replica has the origin's ports and labels, but none that make a GitOps tool adopt it",
    async () => {
      const labels = {
        team: "shop",
        "app.kubernetes.io/name": "labelled",
        "app.kubernetes.io/instance": "labelled-1",
        "app.kubernetes.io/managed-by": "Helm",
        "helm.sh/chart": "labelled-1.0",
        "argocd.argoproj.io/instance": "labelled",
      };
      const app = new Application("labelled", { ...PORTS, labels });
      await app.prepare(world);
      await app.create(world.east);
      await waitReplicated(app, world.west, world.east);
      const [origin, replica] = [await readService(app, world.east), await readService(app, world.west)];
      assert.deepEqual(replica.metadata.labels, {
        app: "labelled",
        team: "shop",
        "app.kubernetes.io/name": "labelled",
        "vmware.com/syndicate-replica-of": "east",
      });
      assert.deepEqual(replica.spec.ports, origin.spec.ports);
      assert.notEqual(replica.spec.clusterIP, origin.spec.clusterIP);
      assert.deepEqual(origin.metadata.annotations ?? {}, {}, "the origin itself is not written to");
    },
  );

  scenario(world, "a Service deleted where it lives is deleted where it was replicated", async () => {
    const { east, west } = world;
    const app = new Application("deleted");
    await app.prepare(world);
    const pods = await app.startPods(east, 1);
    await app.create(east);
    await waitReplicated(app, west, east);
    await waitSummary(app, west, following(east, pods, undefined, ...KEYS));
    await east.client.remove(services.one(app.namespace, app.name));
    await waitGone(app, west);
    for (const side of [east, west]) await waitSummary(app, side, absent());
  });

  scenario(world, "a replica deleted by hand comes back, whole, each time", async () => {
    const { east, west } = world;
    const app = new Application("restored");
    await app.prepare(world);
    const pods = await app.startPods(east, 1);
    await app.create(east);
    await waitReplicated(app, west, east);
    // Kubernetes deletes what belonged to it while sync writes it anew: who comes first differs.
    for (let round = 0; round < 10; round++) {
      const before = await readService(app, west);
      await west.client.remove(services.one(app.namespace, app.name));
      await waitSummary(app, west, following(east, pods, undefined, ...KEYS));
      assert.notEqual((await readService(app, west)).metadata.uid, before.metadata.uid);
    }
  });

  scenario(world, "an excluded namespace takes no part", async () => {
    const hidden = new Application("hidden", { namespace: PRIVATE });
    const witness = new Application("witness");
    for (const app of [hidden, witness]) await app.prepare(world);
    await hidden.create(world.east);
    await witness.create(world.east);
    // Events come in order, so whoever has seen the second Service had seen the first.
    await waitReplicated(witness, world.west, world.east);
    await assertSummary(hidden, world.west, absent());
    const told = await world.west.client.list(events.in(PRIVATE));
    assert.deepEqual(told.items, []);
  });
});

const PORTS = {
  ports: [
    { name: "http", port: 80, targetPort: "web", protocol: "TCP" },
    { name: "metrics", port: 9000, targetPort: "stats", protocol: "TCP" },
  ],
  podPorts: [
    { name: "web", port: 8080 },
    { name: "stats", port: 9090 },
  ],
};

async function followPods(app: Application, t: Parameters<typeof startTraffic>[0]): Promise<void> {
  const { east, west, sides } = world;
  await app.prepare(world);
  const [first, second] = await app.startPods(east, 2);
  assert.ok(first && second);
  await app.create(east);
  await waitReplicated(app, west, east);
  await waitBoth(app, serving([first, second]), following(east, [first, second], undefined, ...KEYS));
  const traffic = await startTraffic(t, app, sides);
  const further = app.headless ? undefined : await startTraffic(t, app, sides, 9000);

  const [third] = await app.startPods(east, 1);
  assert.ok(third);
  await waitBoth(app, serving([first, second, third]), following(east, [first, second, third], undefined, ...KEYS));

  await first.setReady(false);
  await waitBoth(
    app,
    withUnready(first.name, serving([second, third])),
    withUnready(first.name, following(east, [second, third], undefined, ...KEYS)),
  );
  await settle();
  await removeAtOnce([first]);
  await waitBoth(app, serving([second, third]), following(east, [second, third], undefined, ...KEYS));

  await second.terminate();
  await waitBoth(app, serving([third]), following(east, [third], undefined, ...KEYS));
  await settle();
  await removeAtOnce([second]);
  for (const one of [traffic, further]) {
    const reports = await one?.stopWithoutLoss();
    assert.ok(
      !reports || Object.keys(reports["west"]?.perPod ?? {}).includes(`east/${third.name}`),
      "new pods are used",
    );
  }
}

async function waitBoth(app: Application, inEast: Summary, inWest: Summary): Promise<void> {
  await waitSummary(app, world.east, inEast);
  await waitSummary(app, world.west, inWest);
}

/** The same with one more pod that is listed and not ready. */
function withUnready(name: string, summary: Summary): Summary {
  const add = (list: string[] | undefined) => list && [...list, `${name} (unready)`].sort();
  const copies = Object.entries(summary.copies).map(([cluster, pods]) => [cluster, add(pods) ?? []]);
  return {
    ...summary,
    native: add(summary.native),
    endpoints: add(summary.endpoints),
    copies: Object.fromEntries(copies),
  };
}
