import assert from "node:assert/strict";
import { ORDERS_CONFIGMAP, SUCCESSOR, SYSTEM_NAMESPACE } from "../../../shared/keys.ts";
import { Application } from "../application.ts";
import { following } from "../expectations.ts";
import { assertCode, runPlugin } from "../plugin-process.ts";
import { finishMove, startMove, startNewPods } from "../recipes.ts";
import { waitCondition, waitGone, waitReplicated } from "../rest.ts";
import { waitSummary } from "../summary.ts";
import { startSyndicate } from "../syndicate.ts";
import { type Side, scenario, useWorld } from "../world.ts";

// Clusters that are gone for good, and deletions in bulk that nobody may have meant.

const world = useWorld({ clusters: ["east", "west", "south"], env: { MAX_DELETIONS: "2" } });

/** Writes an order to sync in a cluster, or takes it back. */
async function order({ cluster }: Side, orders: Record<string, string>): Promise<void> {
  const body = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: ORDERS_CONFIGMAP, namespace: SYSTEM_NAMESPACE },
  };
  const result = await cluster.kubectl(["apply", "-f", "-"], JSON.stringify({ ...body, data: orders }));
  assert.equal(result.code, 0, result.stderr);
}

/** Runs a command of the plugin, which must succeed. */
async function syndicate(words: string): Promise<void> {
  assertCode(await runPlugin(world.lab.kubeconfig, words.split(" ")), 0);
}

scenario(world, "a cluster lost for good holds moves until it is forgotten, and follows when it is back", async (t) => {
  const { east, west } = world;
  const rest = { ...world, sides: [east, west] };
  const app = new Application("bereaved");
  await app.prepare(world);
  const move = await startMove(t, rest, app);
  const south = world.sides[2] as Side;
  await south.cluster.stopApiServer();
  await startNewPods(world, move);
  await move.app.declare(east, "receiver", { [SUCCESSOR]: "west" });
  await waitCondition(move.app, east, "Holding", "keeps serving: south cannot be read");
  await syndicate("forget south --contexts east,west --yes");
  await finishMove(rest, { ...move, eastKeys: ["successor"] });
  await south.cluster.startApiServer();
  await syndicate("forget south --contexts east,west --undo");
  await waitSummary(move.app, south, following(west, move.second, "receiver", "origin-selector", "replica-of"));
});

scenario(
  world,
  "a cluster that dies in the middle of a move: aborted in the other one, gone on with when it is back",
  async () => {
    const { east, west } = world;
    const app = new Application("stranded");
    await app.prepare(world);
    await app.startPods(east, 2);
    await app.create(east);
    for (const side of world.sides.slice(1)) await waitReplicated(app, side, east);
    await app.startPods(west, 2);
    const words = "migrate stranded -n shop --from east --to west --contexts south --yes --hold 10m";
    const driver = startSyndicate(world.lab.kubeconfig, words);
    await driver.says(/step=\d\/7 \d+s left/);
    driver.child.kill("SIGKILL");
    await driver.ended;
    await west.cluster.stopApiServer();
    const run = (verb: string) => runPlugin(world.lab.kubeconfig, `migrate ${verb} stranded -n shop -y`.split(" "));
    const refused = await run("resume");
    assertCode(refused, 4);
    assert.match(refused.err, /no context leads to west[\s\S]*kubectl syndicate migrate abort stranded -n shop/);
    assertCode(await run("abort"), 0);
    const rival = await runPlugin(world.lab.kubeconfig, [
      "status",
      "stranded",
      "-n",
      "shop",
      "-o",
      "jsonpath={.move.phase}",
    ]);
    assert.equal(rival.out, "aborted");
    await west.cluster.startApiServer();
    await syndicate("migrate resume stranded -n shop -y --hold 0s");
  },
);

scenario(world, "Services that vanish by the dozen keep their replicas until that is allowed", async () => {
  const { east, west } = world;
  const apps = ["one", "two", "three"].map((name) => new Application(`dozen-${name}`, { labels: { dozen: "yes" } }));
  await apps[0]?.prepare(world);
  const pods = await Promise.all(apps.map((app) => app.startPods(east, 1)));
  for (const app of apps) await app.create(east);
  for (const app of apps) await waitReplicated(app, west, east);
  // All at once, as a relist after a restored backup shows it.
  west.agent.sync.kill("SIGKILL");
  await west.agent.sync.exited;
  const removed = await east.cluster.kubectl(["-n", "shop", "delete", "services", "-l", "dozen=yes"]);
  assert.equal(removed.code, 0, removed.stderr);
  await west.agent.startSync();
  for (const [i, app] of apps.entries()) {
    await waitCondition(app, west, "TooManyDeletions", "more than 2 Services");
    await waitSummary(app, west, following(east, pods[i] ?? [], undefined, "origin-selector", "replica-of"));
  }
  await order(west, { allowDeletionsUntil: new Date(Date.now() + 60_000).toISOString() });
  for (const app of apps) await waitGone(app, west);
});
