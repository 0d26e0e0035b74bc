import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe } from "node:test";
import { tryReading } from "../../plugin/link/probe.ts";
import {
  IDENTITY_CONFIGMAP,
  MIN_READY_SECONDS,
  ORDERS_CONFIGMAP,
  PEERS_SECRET,
  SYSTEM_NAMESPACE,
} from "../../shared/keys.ts";
import { parsePlainKubeconfig } from "../../shared/kube/kubeconfig.ts";
import { configMaps, endpointSlices, namespaces, secrets, services } from "../../shared/kube/resources.ts";
import type { ConfigMap } from "../../sync/identity.ts";
import { Application } from "./application.ts";
import { type Answer, assertCode, runPlugin } from "./plugin-process.ts";
import { waitAtRest, waitGone, waitReplicated } from "./rest.ts";
import { startTraffic } from "./traffic.ts";
import { waitFor } from "./waiting.ts";
import { type Side, scenario, useWorld } from "./world.ts";

// The commands beside status and migrate, on real clusters: each once as it is meant, and once as it refuses.

const world = useWorld();

const syndicate = (words: string): Promise<Answer> => runPlugin(world.lab.kubeconfig, words.split(" "));

/** The kubeconfig of the only peer in a cluster's Secret. */
async function readLinked({ client }: Side, peer: string): Promise<string> {
  const secret = await client.get<{ data: Record<string, string> } & { metadata: { name: string } }>(
    secrets.one(SYSTEM_NAMESPACE, PEERS_SECRET),
  );
  return Buffer.from(secret.data[peer] ?? "", "base64").toString("utf8");
}

/** Brings the Secret's file to the sync process, as the kubelet does where there is one. */
async function mount(side: Side, peer: string): Promise<void> {
  writeFileSync(join(world.lab.dir, "agents", side.name, "peers", peer), await readLinked(side, peer));
}

describe("commands", () => {
  scenario(world, "link both ways, rotate, list; the linked files are those that sync reads by", async () => {
    const { east, west } = world;
    const linked = await syndicate("link west --context east --mutual");
    assertCode(linked, 0);
    assert.match(linked.out, /east reads west: kubeconfig written[\s\S]*west reads east: kubeconfig written/);
    const listed = await syndicate("links --contexts east,west");
    assertCode(listed, 0);
    assert.match(listed.out, /^east +west +https:\/\/127\S+ +token +any +ok$/m);
    assert.match((await syndicate("link west --context east --mutual")).out, /unchanged\n.*unchanged/);
    const first = await readLinked(east, "west");

    const path = secrets.one(SYSTEM_NAMESPACE, PEERS_SECRET);
    const twin = Buffer.from(await readLinked(west, "east")).toString("base64");
    await west.client.patch(path, { data: { old: twin } }, "merge");
    const halved = await syndicate("link west --context east --mutual --rotate --grace 1s");
    assertCode(halved, 4);
    assert.match(halved.err, /nothing was written: west knows this cluster already, as old/);
    assert.equal(await readLinked(east, "west"), first);
    await west.client.patch(path, { data: { old: null } }, "merge");

    const moved = await syndicate(
      `link west --context east --mutual --address ${west.cluster.server} --own-address ${east.cluster.server} --pod-cidr 10.2.0.0/16`,
    );
    assertCode(moved, 0);
    assert.match(moved.out, /another address, other pod networks/);
    assert.deepEqual(parsePlainKubeconfig(await readLinked(east, "west"), "west").podCIDRs, ["10.2.0.0/16"]);
    assertCode(await syndicate("link west --context east --rotate --grace 1s"), 0);
    // The API server believes a token it has seen for ten more seconds.
    await waitFor("the end of the token that was replaced", async () => {
      const { state } = await tryReading("west", parsePlainKubeconfig(first, "west"), 5_000);
      return state === "refused" ? { done: undefined } : { seen: state };
    });
    await mount(east, "west");
    await mount(west, "east");
    const app = new Application("linked");
    await app.prepare(world);
    await app.startPods(east, 1);
    await app.create(east);
    await waitReplicated(app, west, east);
  });

  scenario(world, "check: nothing fails here; a cluster that does not answer does", async () => {
    const good = await syndicate("check --contexts east,west --all");
    assertCode(good, 0);
    assert.match(good.out, /✔ it reads its peers +west/);
    assert.match(good.out, /! the webhook is asked +it is not registered/);
    assert.match(good.out, /✔ links go both ways/);
    assert.match(good.out, /0 failed, /);
    const unforgotten = await syndicate("forget west --contexts east,west --yes");
    assertCode(unforgotten, 4);
    assert.match(unforgotten.err, /west answers/);
    const file = join(world.lab.dir, "gone.kubeconfig");
    const gone = { name: "gone", cluster: { server: "https://127.0.0.1:1" } };
    const context = { name: "gone", context: { cluster: "gone", user: "nobody" } };
    const users = [{ name: "nobody", user: { token: "x" } }];
    writeFileSync(file, JSON.stringify({ clusters: [gone], contexts: [context], users }));
    const both = [world.lab.kubeconfig, file].join(delimiter);
    const bad = await runPlugin(both, ["check", "--contexts", "east,gone", "-o", "json"]);
    assertCode(bad, 2);
    assert.equal(JSON.parse(bad.out).failed, 1);
    const paths = await syndicate("check --contexts east,west -o jsonpath={.kind}/{.failed}");
    assert.equal(paths.out, "CheckReport/0");
  });

  scenario(world, "set, diff, events, trace: declared, refused, compared, told", async () => {
    const { east, west, sides } = world;
    const app = new Application("told");
    await app.prepare(world);
    await app.startPods(east, 2);
    await app.create(east);
    await waitReplicated(app, west, east);
    const before = await app.read(east);
    assertCode(await syndicate("set union told -n shop --context east --dry-run=server"), 0);
    assert.equal((await app.read(east))?.metadata.resourceVersion, before?.metadata.resourceVersion);
    const set = await syndicate("set union told -n shop --context east");
    assertCode(set, 0);
    assert.match(
      set.err,
      /all participants publish the pods of all of them[\s\S]*undo +kubectl syndicate set source told/,
    );
    await waitAtRest(app, sides, { mode: "union", at: "east" });
    assert.match((await syndicate("set union told -n shop --context east")).out, /unchanged/);
    assertCode(await syndicate("set none told -n shop --context east"), 4);
    assertCode(await syndicate("diff told -n shop"), 0);
    const events = await syndicate("events told -n shop");
    assert.match(events.out, /west +Normal +FollowsIntent +syndicate-sync/);
    const trace = await syndicate("trace told -n shop");
    assert.match(trace.out, /declared +union at east[\s\S]*tracks the own pods +syndicate-sync/);

    const unasked = await syndicate("set singular told -n shop --context east");
    assertCode(unasked, 4);
    assert.match(unasked.err, /the replicas in west are deleted[\s\S]*give --yes/);
    assertCode(await syndicate("set singular told -n shop --context east --yes"), 0);
    await waitGone(app, west);
    const missing = await syndicate("diff told -n shop");
    assertCode(missing, 2);
    assert.match(missing.out, /! service +with address +none/);
  });

  scenario(
    world,
    "install over what kubectl applied, unlink refused, uninstall without losing a request, unlink",
    async (t) => {
      const { east, west, sides } = world;
      const installed = await syndicate("install --context west --name west --image example/syndicate:1");
      assertCode(installed, 0);
      assertCode(await syndicate("install --context west --name other"), 4);
      const app = new Application("kept");
      await app.prepare(world);
      for (const side of sides) await app.startPods(side, 2);
      await app.create(east, { [MIN_READY_SECONDS]: "1" });
      await waitReplicated(app, west, east);
      assertCode(await syndicate("set receiver kept -n shop --context east"), 0);
      await waitAtRest(app, sides, { mode: "source", at: "west" });
      assert.match(
        (await syndicate("unlink west --context east --yes")).err,
        /shop\/kept publishes pods of west, west serves it/,
      );
      const depended = await syndicate("uninstall --context west --yes");
      assertCode(depended, 4);
      assert.match(depended.err, /east depends on this cluster: shop\/kept publishes pods of west/);
      assertCode(await syndicate("set source kept -n shop --context east"), 0);
      await waitAtRest(app, sides, { mode: "source", at: "east" });
      const traffic = await startTraffic(t, app, sides);
      // There is no kubelet that would end it with its Pod.
      west.agent.sync.kill("SIGTERM");
      await west.agent.sync.exited;
      const removed = await syndicate("uninstall --context west --yes");
      assertCode(removed, 0);
      assert.match(removed.out, /service\/kept in shop: given back/);
      await traffic.stopWithoutLoss();
      const back = await app.read(west);
      assert.deepEqual(back?.spec.selector, { app: "kept" });
      assert.deepEqual(Object.keys(back?.metadata.annotations ?? {}), []);
      const { items } = await west.client.list(endpointSlices.in("shop"));
      assert.deepEqual(
        items.filter(({ metadata }) => metadata.labels?.["multicluster.kubernetes.io/source-cluster"]),
        [],
      );
      await assert.rejects(west.client.get(services.one("shop", "linked")), /not found/);
      assertCode(await syndicate("unlink west --context east --yes"), 0);
      rmSync(join(world.lab.dir, "agents", "east", "peers", "west"));
      await waitFor("the end of the peer that was unlinked", async () => {
        const { data } = await east.client.get<ConfigMap>(configMaps.one(SYSTEM_NAMESPACE, IDENTITY_CONFIGMAP));
        return data?.["peers"] ? { seen: JSON.stringify(data) } : { done: undefined };
      });
      assert.match((await syndicate("unlink west --context east --yes")).err, /east reads no other cluster, not west/);
      const unknown = await syndicate("forget west --contexts east --yes");
      assertCode(unknown, 4);
      assert.match(unknown.err, /nobody knows west/);
      assertCode(await syndicate("forget west --contexts east --yes --force"), 0);
      const orders = await east.client.get(configMaps.one(SYSTEM_NAMESPACE, ORDERS_CONFIGMAP));
      assert.deepEqual((orders as { data?: object }).data, { forget: "west" });
      await waitFor("the end of our namespace", async () => {
        const found = await west.client.get(namespaces.one(SYSTEM_NAMESPACE)).catch(() => undefined);
        return found ? { seen: JSON.stringify(found) } : { done: undefined };
      });
    },
  );
});
