import assert from "node:assert/strict";
import { describe, type TestContext } from "node:test";
import { ADOPT, SUCCESSOR } from "../../shared/keys.ts";
import type { EndpointSlice, Endpoints, KubeObject, Service } from "../../shared/kube/objects.ts";
import { endpointSlices, endpoints, events, services } from "../../shared/kube/resources.ts";
import type { LabPod } from "../lab/lab.ts";
import { Application, removeAtOnce } from "./application.ts";
import { following, serving } from "./expectations.ts";
import { afterwards, settle, waitAtRest, waitCondition, waitReplicated } from "./rest.ts";
import { assertSummary, summarise, waitSummary } from "./summary.ts";
import { startTraffic, type Traffic } from "./traffic.ts";
import { waitFor } from "./waiting.ts";
import { type Side, scenario, useWorld } from "./world.ts";

// Services that exist in the new cluster before a move: from the application's own manifest, or with a life of their own.

/** Applications that both clusters had on their own before anybody connected them. */
const twins = {
  apart: new Application("apart"),
  agreed: new Application("agreed"),
  adopted: new Application("adopted"),
  handed: new Application("handed"),
};

/** The same Service with another port in west. */
const unlike = {
  east: new Application("unlike"),
  west: new Application("unlike", { ports: [{ port: 81, targetPort: 8080, protocol: "TCP" }] }),
};

const world = useWorld({
  beforeInstall: async (sides) => {
    const [east, west] = sides as [Side, Side];
    await unlike.east.prepare({ sides });
    await Promise.all([unlike.east.create(east), unlike.west.create(west)]);
    for (const app of Object.values(twins)) {
      await app.prepare({ sides });
      await Promise.all(sides.map((side) => app.create(side)));
    }
  },
});

/** Every byte the cluster has of an application: Service, slices, Endpoints. */
async function readAll(app: Application, { client }: Side): Promise<object> {
  const labelSelector = `kubernetes.io/service-name=${app.name}`;
  return {
    service: await client.get<Service>(services.one(app.namespace, app.name)),
    endpoints: await client.get<Endpoints>(endpoints.one(app.namespace, app.name)),
    slices: (await client.list<EndpointSlice>(endpointSlices.in(app.namespace), { labelSelector })).items,
  };
}

/** Waits until both clusters have acted on a Service made in the other after this call: then they have seen all before it. */
async function waitWitness(name: string): Promise<void> {
  const [here, there] = [new Application(`${name}-east`), new Application(`${name}-west`)];
  await Promise.all([here.create(world.east), there.create(world.west)]);
  await waitReplicated(here, world.west, world.east);
  await waitReplicated(there, world.east, world.west);
}

/** Waits for a Warning about an application with this reason, and returns what it says. */
function waitWarning(app: Application, side: Side, reason: string): Promise<string> {
  return waitFor(`an Event ${reason} on ${app.name} in ${side.name}`, async () => {
    type Found = { type: string; reason: string; note: string; regarding: { name: string } } & KubeObject;
    const { items } = await side.client.list<Found>(events.in(app.namespace));
    const about = items.filter(({ regarding }) => regarding.name === app.name);
    const found = about.find((event) => event.type === "Warning" && event.reason === reason);
    return found ? { done: found.note } : { seen: about.map((event) => event.reason).join() };
  });
}

interface Twins {
  app: Application;
  first: LabPod[];
  second: LabPod[];
  traffic: Traffic;
}

/** Pods and clients for two Services that know nothing of each other. */
async function startTwins(t: TestContext, app: Application): Promise<Twins> {
  const { east, west, sides } = world;
  const [first, second] = [await app.startPods(east, 2), await app.startPods(west, 2)];
  await waitSummary(app, east, serving(first));
  await waitSummary(app, west, serving(second));
  return { app, first, second, traffic: await startTraffic(t, app, sides) };
}

/** Keys of ours that the persons who declared left on the Services, beside those of every move. */
interface Left {
  east?: string[];
  west?: string[];
}

async function finish({ app, first, second, traffic }: Twins, left: Left = {}): Promise<void> {
  const { east, west, sides } = world;
  await waitAtRest(app, sides, { mode: "source", at: "west" });
  const eastKeys = ["selector", "min-ready-seconds", ...(left.east ?? [])];
  await assertSummary(app, east, following(west, second, "receiver", ...eastKeys));
  await assertSummary(app, west, serving(second, "source", ...(left.west ?? [])));
  await settle();
  await removeAtOnce(first);
  await afterwards();
  await traffic.stopWithoutLoss();
}

describe("existing", { concurrency: 4 }, () => {
  scenario(
    world,
    "the application's manifest, applied in the new cluster before the move, waits for its turn",
    async (t) => {
      const { east, west, sides } = world;
      const app = new Application("early");
      await app.prepare(world);
      const first = await app.startPods(east, 2);
      await app.create(east);
      await waitReplicated(app, west, east);
      const traffic = await startTraffic(t, app, sides);
      const applied = await west.cluster.kubectl(["apply", "-f", "-"], JSON.stringify(app.manifest()));
      assert.equal(applied.code, 0, applied.stderr);
      await waitSummary(app, west, following(east, first, undefined, "origin-selector", "replica-of", "selector"));
      const second = await app.startPods(west, 2);
      await app.declare(east, "receiver");
      await finish({ app, first, second, traffic });
    },
  );

  scenario(world, "two Services of one name: nothing is written without consent", async (t) => {
    const { east, west, sides } = world;
    const { app, first, second, traffic } = await startTwins(t, twins.apart);
    const before = await Promise.all(sides.map((side) => readAll(app, side)));
    await waitWitness("quiet");
    assert.deepEqual(await Promise.all(sides.map((side) => readAll(app, side))), before);

    await app.declare(east, "union");
    await waitCondition(app, east, "Conflict", "west has an own Service");
    await waitWitness("declared");
    assert.deepEqual(await readAll(app, west), before[1]);
    await settle();
    assert.deepEqual(await readAll(app, west), before[1]);
    const reports = await traffic.stopWithoutLoss();
    assert.deepEqual(
      Object.keys(reports["east"]?.perPod ?? {}).sort(),
      first.map((pod) => `east/${pod.name}`),
    );
    assert.deepEqual(
      Object.keys(reports["west"]?.perPod ?? {}).sort(),
      second.map((pod) => `west/${pod.name}`),
    );
  });

  scenario(world, "two Services of one name, the move declared on both", async (t) => {
    const { east, west, sides } = world;
    const move = await startTwins(t, twins.agreed);
    await move.app.declare(east, "union");
    await waitCondition(move.app, east, "Conflict", "west has an own Service");
    await move.app.declare(west, "union");
    await waitAtRest(move.app, sides, { mode: "union", at: "west" });
    await move.app.declare(west, "source");
    await finish(move, { west: ["min-ready-seconds"] });
  });

  scenario(world, "two Services of one name, the other taken along by name", async (t) => {
    const { east, west, sides } = world;
    const move = await startTwins(t, twins.adopted);
    await move.app.declare(east, "union", { [ADOPT]: "west" });
    await waitAtRest(move.app, sides, { mode: "union", at: "east" });
    await move.app.declare(west, "source");
    await finish(move, { east: ["adopt"], west: ["min-ready-seconds"] });
  });

  scenario(world, "two Services of one name: a receiver with a named successor needs no further consent", async (t) => {
    const move = await startTwins(t, twins.handed);
    await move.app.declare(world.east, "receiver", { [SUCCESSOR]: "west" });
    const { app, first, second, traffic } = move;
    const { east, west, sides } = world;
    await waitAtRest(app, sides, { mode: "source", at: "west" });
    await assertSummary(app, east, following(west, second, "receiver", "selector", "min-ready-seconds", "successor"));
    await assertSummary(app, west, serving(second, "source"));
    await settle();
    await removeAtOnce(first);
    await afterwards();
    await traffic.stopWithoutLoss();
  });

  scenario(world, "two Services whose ports differ: both sides say so, and what flows already goes on", async (t) => {
    const { east, west, sides } = world;
    const app = unlike.east;
    const [first, second] = [await app.startPods(east, 1), await app.startPods(west, 1)];
    const traffic = [await startTraffic(t, app, [east]), await startTraffic(t, unlike.west, [west])];
    await app.declare(east, "receiver", { [SUCCESSOR]: "west" });
    const notes = await Promise.all(sides.map((side) => waitWarning(app, side, "PortConflict")));
    assert.match(notes[0] ?? "", /80\/TCP against .*81\/TCP/);
    assert.match(notes[1] ?? "", /81\/TCP against .*80\/TCP/);
    for (const side of sides) await waitCondition(app, side, "PortConflict");
    await settle();
    const [inEast, inWest] = await Promise.all([summarise(app, east), summarise(app, west)]);
    assert.deepEqual([inEast.service, inEast.native], ["selects", first.map((pod) => pod.name)]);
    assert.deepEqual([inWest.service, inWest.native], ["selects", second.map((pod) => pod.name)]);
    for (const one of traffic) await one.stopWithoutLoss();
  });
});
