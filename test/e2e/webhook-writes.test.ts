import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type IntentCopy, parseIntent } from "../../shared/intent.ts";
import { INTENT, MODE, ORIGIN_SELECTOR, REPLICA_OF, SELECTOR, SHADOW_OF, SUCCESSOR } from "../../shared/keys.ts";
import { annotation, label, type Service } from "../../shared/kube/objects.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { type GuardedCluster, guardCluster, manifest } from "./guarded-cluster.ts";
import { PATH, SSA, WAYS, type Way, type Written, write } from "./ways-to-write.ts";

// Every way to write a Service, and every rule on declarations, through a real API server.

let lab: Lab;
let east: GuardedCluster;
const ports = [{ name: "http", port: 80 }];
const clusters = [
  { name: "east", readable: true, service: "own" as const, ready: 0, ports },
  { name: "west", readable: true, service: "replica" as const, ready: 0, ports },
];

before(async () => {
  lab = await startLab({ clusters: ["east"] });
  east = await guardCluster(lab, "east");
  east.advise({ cluster: "east", clusters });
});
after(() => lab?.stop());

async function create(name: string, annotations: Record<string, string> = {}): Promise<Service> {
  return east.cluster.call("POST", PATH, manifest(name, { note: "x", ...annotations }));
}

async function set(name: string, annotations: Record<string, string | null>): Promise<Service> {
  return east.cluster.call("PATCH", `${PATH}/${name}?fieldManager=kubectl-annotate`, { metadata: { annotations } });
}

function intentOf(service: Service): Partial<IntentCopy> {
  return parseIntent(annotation(service, INTENT)) ?? {};
}

const slug = (way: Way) => way.replaceAll(" ", "-").toLowerCase();

describe("forged keys are dropped, whatever the way", () => {
  const forged: Written = {
    annotations: { [INTENT]: '{"mode":"source","at":"evil","time":1}', [ORIGIN_SELECTOR]: '{"app":"evil"}' },
    labels: { [REPLICA_OF]: "evil", [SHADOW_OF]: "evil" },
  };
  for (const way of WAYS) {
    test(way, async () => {
      const name = `forged-${slug(way)}`;
      const before = await create(name, { [MODE]: "source" });
      const { status, body } = await write(east, way, name, forged);
      // Newer API servers count what the webhook stamped as its creator's: without force that is a conflict, and nothing is written.
      if (way === "server-side apply" && status === 409) assert.match(body.message, /conflict with "/);
      else assert.equal(status, 200, body.message);
      const stored = await east.read(name);
      assert.equal(annotation(stored, INTENT), annotation(before, INTENT));
      assert.equal(annotation(stored, ORIGIN_SELECTOR), undefined);
      for (const key of [REPLICA_OF, SHADOW_OF]) assert.equal(label(stored, key), undefined);
    });
  }

  test("on creation", async () => {
    const { metadata, ...rest } = manifest("forged-created") as { metadata: object };
    await east.cluster.call("POST", PATH, { ...rest, metadata: { ...metadata, ...forged } });
    const stored = await east.read("forged-created");
    for (const key of [INTENT, ORIGIN_SELECTOR]) assert.equal(annotation(stored, key), undefined);
    for (const key of [REPLICA_OF, SHADOW_OF]) assert.equal(label(stored, key), undefined);
  });
});

test("through the status endpoint, which takes annotations and labels too, keys are judged as anywhere", async () => {
  const before = await create("by-status", { [MODE]: "receiver", [SUCCESSOR]: "west" });
  const patch = (metadata: object) => east.cluster.request("PATCH", `${PATH}/by-status/status`, { metadata });
  const forged = { [INTENT]: '{"mode":"source","at":"evil","time":1}', [ORIGIN_SELECTOR]: '{"app":"evil"}' };
  const labels = { [REPLICA_OF]: "evil" };
  for (const metadata of [{ annotations: forged }, { labels }, { annotations: { [MODE]: null } }]) {
    const { status, body } = await patch(metadata);
    assert.equal(status, 403, JSON.stringify(metadata));
    assert.match(body.message, /only the sync process writes this key|cannot be removed/);
  }
  assert.equal((await patch({ labels: { harmless: "yes" } })).status, 200);
  const stored = await east.read("by-status");
  assert.deepEqual(stored.metadata.annotations, before.metadata.annotations);
  assert.equal(label(stored, "harmless"), "yes");
});

describe("a mode is declared, judged, and tried, whatever the way", () => {
  for (const way of WAYS) {
    test(way, async () => {
      const name = `declared-${slug(way)}`;
      const { metadata } = await create(name);
      const dry = await write(east, way, name, { annotations: { [MODE]: "union" } }, "&dryRun=All");
      assert.equal(dry.status, 200, dry.body.message);
      assert.equal(intentOf(dry.body).mode, "union", "a dry run shows what would be");
      assert.equal((await east.read(name)).metadata.resourceVersion, metadata.resourceVersion, "and leaves no trace");
      const wrong = await write(east, way, name, { annotations: { [MODE]: "sorce" } });
      assert.match(wrong.body.message, /did you mean "source"\?/);
      const { status, body } = await write(east, way, name, { annotations: { [MODE]: "union" } });
      assert.equal(status, 200, body.message);
      assert.equal(intentOf(await east.read(name)).mode, "union");
    });
  }
});

describe("what a declaration becomes", () => {
  test("receiver is source at the successor", async () => {
    await create("receiver", { [MODE]: "source" });
    const { mode, at, from } = intentOf(await set("receiver", { [MODE]: "receiver" }));
    assert.deepEqual({ mode, at, from }, { mode: "source", at: "west", from: "east" });
  });

  test("the mode removed is none, here", async () => {
    await create("removed", { [MODE]: "source" });
    const { mode, at } = intentOf(await set("removed", { [MODE]: null }));
    assert.deepEqual({ mode, at }, { mode: "none", at: "east" });
  });

  test("singular on a replica is singular at its origin", async () => {
    const { metadata, ...rest } = manifest("replica", {}, { selector: null }) as { metadata: object };
    const replica = { ...rest, metadata: { ...metadata, labels: { [REPLICA_OF]: "west" } } };
    assert.equal((await east.runAsSync(["create", "-f", "-"], replica)).code, 0);
    const { mode, at, from } = intentOf(await set("replica", { [MODE]: "singular" }));
    assert.deepEqual({ mode, at, from }, { mode: "singular", at: "west", from: "east" });
  });

  test("with two who could take over, the one that is named; without a name nobody", async () => {
    east.advise({
      cluster: "east",
      clusters: [...clusters, { ...clusters[1], name: "south" } as (typeof clusters)[1]],
    });
    await create("two", { [MODE]: "source" });
    await assert.rejects(set("two", { [MODE]: "receiver" }), /more than one cluster could take over \(west, south\)/);
    assert.equal(intentOf(await set("two", { [MODE]: "receiver", [SUCCESSOR]: "south" })).at, "south");
    east.advise({ cluster: "east", clusters });
  });

  test("its time is a millisecond after the latest intent of any cluster, and refused if that is far ahead", async () => {
    await create("clocks");
    const soon = Date.now() + 120_000;
    east.advise({ cluster: "east", clusters, latest: { mode: "source", at: "west", time: soon } });
    assert.equal(intentOf(await set("clocks", { [MODE]: "source" })).time, soon + 1);
    east.advise({ cluster: "east", clusters, latest: { mode: "source", at: "west", time: Date.now() + 3_600_000 } });
    await assert.rejects(set("clocks", { [MODE]: "union" }), /more than 5 minutes ahead of this clock/);
    east.advise({ cluster: "east", clusters });
  });
});

describe("Git does not undo a move", () => {
  /** Declared source in some way, moved by a person, released by sync; then the same is written again. */
  async function reapply(name: string, apply: () => Promise<unknown>) {
    await apply();
    const moved = await set(name, { [MODE]: "receiver" });
    const release = { metadata: { annotations: { [SELECTOR]: `{"app":"${name}"}` } }, spec: { selector: null } };
    const done = await east.runAsSync(["patch", "service", name, "--type=merge", "-p", JSON.stringify(release)]);
    assert.equal(done.code, 0, done.stderr);
    await apply();
    return { moved, stored: await east.read(name) };
  }

  async function checkStands(name: string, apply: () => Promise<unknown>): Promise<void> {
    const { moved, stored } = await reapply(name, apply);
    assert.equal(annotation(stored, MODE), "receiver");
    assert.equal(annotation(stored, INTENT), annotation(moved, INTENT));
    assert.equal(stored.spec.selector, undefined);
  }

  test("helm: a patch that leaves no mark but its name", async () => {
    const spec = { selector: { app: "by-helm" } };
    await create("by-helm");
    const patch = { metadata: { annotations: { [MODE]: "source" } }, spec };
    await checkStands("by-helm", () => east.cluster.call("PATCH", `${PATH}/by-helm?fieldManager=helm`, patch));
  });

  test("helm is heard where it says a new word", async () => {
    await create("chart");
    const upgrade = (mode: string) =>
      east.cluster.call("PATCH", `${PATH}/chart?fieldManager=helm`, { metadata: { annotations: { [MODE]: mode } } });
    assert.equal(intentOf(await upgrade("source")).mode, "source");
    assert.equal(intentOf(await upgrade("union")).mode, "union");
  });

  test("server-side apply with force", async () => {
    const object = manifest("by-ssa", { [MODE]: "source" });
    await checkStands("by-ssa", () =>
      east.cluster.request("PATCH", `${PATH}/by-ssa?fieldManager=flux&force=true`, JSON.stringify(object), SSA),
    );
  });

  test("server-side apply without force: the API server says whose the mode is", async () => {
    const object = JSON.stringify(manifest("conflict", { [MODE]: "source" }));
    const apply = () => east.cluster.request("PATCH", `${PATH}/conflict?fieldManager=flux`, object, SSA);
    assert.equal((await apply()).status, 201);
    await set("conflict", { [MODE]: "receiver" });
    const { status, body } = await apply();
    assert.equal(status, 409);
    assert.match(body.message, /conflict with "kubectl-annotate"/);
    assert.equal(annotation(await east.read("conflict"), MODE), "receiver");
  });

  test("a program without any such mark declares", async () => {
    await create("program");
    const patch = { metadata: { annotations: { [MODE]: "source" } } };
    const { stored } = await reapply("program", () => east.cluster.call("PATCH", `${PATH}/program`, patch));
    assert.equal(annotation(stored, MODE), "source");
    assert.equal(intentOf(stored).at, "east");
  });

  test("a backup restored after a move elsewhere keeps its old intent, which loses", async () => {
    const { metadata, spec } = await create("restored", { [MODE]: "source" });
    await east.cluster.call("DELETE", `${PATH}/restored`);
    const latest = { mode: "source" as const, at: "west", time: Date.now() };
    east.advise({ cluster: "east", clusters, latest });
    const object = manifest("restored", metadata.annotations, { selector: spec.selector });
    const stored = (await east.cluster.call("POST", PATH, object)) as Service;
    east.advise({ cluster: "east", clusters });
    assert.equal(annotation(stored, INTENT), metadata.annotations?.[INTENT]);
    assert.ok((intentOf(stored).time ?? 0) < latest.time);
  });

  test("a backup with an intent from the future is stamped anew", async () => {
    const intent = JSON.stringify({ mode: "source", at: "east", time: Date.now() + 86_400_000 });
    const stored = await create("future", { [MODE]: "source", [INTENT]: intent });
    assert.ok((intentOf(stored).time ?? Number.POSITIVE_INFINITY) <= Date.now());
  });
});
