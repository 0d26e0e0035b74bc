import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { parseIntent } from "../../shared/intent.ts";
import { INTENT, MODE, ORIGIN_SELECTOR, REPLICA_OF, SELECTOR, SHADOW_OF, SUCCESSOR } from "../../shared/keys.ts";
import { annotation, label } from "../../shared/kube/objects.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { type GuardedCluster, guardCluster, manifest } from "./guarded-cluster.ts";
import { waitFor } from "./waiting.ts";
import { PATH } from "./ways-to-write.ts";

let lab: Lab;
let east: GuardedCluster;

before(async () => {
  lab = await startLab({ clusters: ["east"] });
  east = await guardCluster(lab, "east");
  const replica = { readable: true, service: "replica" as const, ready: 0, ports: [{ name: "http", port: 80 }] };
  east.advise({
    cluster: "east",
    clusters: [
      { ...replica, name: "east", service: "own" },
      { ...replica, name: "west" },
    ],
  });
});
after(() => lab?.stop());

/** Runs kubectl and insists on success; returns what it told the caller. */
async function succeed(args: string[], object?: object): Promise<string> {
  const { code, stderr } = await east.run(args, object);
  assert.equal(code, 0, stderr);
  return stderr;
}

const apply = (object: object, ...flags: string[]) => succeed(["apply", ...flags, "-f", "-"], object);
const annotate = (name: string, ...edits: string[]) => succeed(["annotate", "service", name, "--overwrite", ...edits]);

async function refuse(args: string[], object?: object): Promise<string> {
  const { code, stderr } = await east.run(args, object);
  assert.notEqual(code, 0, "it was allowed");
  assert.match(stderr, /admission webhook "validate\.syndicate\.vmware\.com" denied the request: /);
  return stderr;
}

/** Does what the sync process does when a receiver releases its pods: saves the selector and strips it. */
async function release(name: string): Promise<void> {
  const patch = { metadata: { annotations: { [SELECTOR]: `{"app":"${name}"}` } }, spec: { selector: null } };
  const { code, stderr } = await east.runAsSync([
    "patch",
    "service",
    name,
    "--type=merge",
    "-p",
    JSON.stringify(patch),
  ]);
  assert.equal(code, 0, stderr);
}

describe("illegal transitions are refused by the real API server with the message", () => {
  const rows: [name: string, steps: string[], refused: string, says: RegExp][] = [
    [
      "receiver-absent",
      ["source", "receiver"],
      `${MODE}-`,
      /mode "receiver" cannot be removed: .*Next: kubectl annotate service/,
    ],
    ["union-absent", ["union"], `${MODE}-`, /mode "union" cannot be removed/],
    ["singular-receiver", ["singular"], `${MODE}=receiver`, /mode "singular" cannot be set to "receiver"/],
    ["absent-sorce", [], `${MODE}=sorce`, /"sorce": must be one of .*did you mean "source"\?/],
    [
      "receiver-nobody",
      ["source"],
      `${MODE}=receiver ${SUCCESSOR}=north`,
      /successor "north" is not a known other cluster/,
    ],
  ];
  for (const [name, steps, refused, says] of rows) {
    test(name, async () => {
      await apply(manifest(name));
      for (const step of steps) await annotate(name, `${MODE}=${step}`);
      const before = await east.read(name);
      const message = await refuse(["annotate", "service", name, "--overwrite", ...refused.split(" ")]);
      assert.match(message, says);
      assert.equal((await east.read(name)).metadata.resourceVersion, before.metadata.resourceVersion);
    });
  }

  test("the kubernetes Service", async () => {
    const { stderr } = await east.cluster.kubectl(["annotate", "service", "kubernetes", `${MODE}=union`]);
    assert.match(stderr, /never syndicated/);
  });

  test("all reasons at once", async () => {
    const object = manifest(
      "many",
      { [MODE]: "union", [SUCCESSOR]: "east" },
      { type: "LoadBalancer", externalTrafficPolicy: "Local", selector: null },
    );
    const message = await refuse(["apply", "-f", "-"], object);
    assert.match(message, /3 problems:/);
    for (const field of ["spec.externalTrafficPolicy", "spec.selector", `metadata.annotations[${SUCCESSOR}]`]) {
      assert.ok(message.includes(`- ${field}: `), message);
    }
  });
});

describe("what passes", () => {
  test("a declaration is stamped, with the time of now", async () => {
    const start = Date.now();
    await apply(manifest("stamped", { [MODE]: "source" }));
    await annotate("stamped", `${MODE}=receiver`);
    const { time = 0, ...intent } = parseIntent(annotation(await east.read("stamped"), INTENT)) ?? {};
    assert.deepEqual(intent, { mode: "source", at: "west", from: "east", declared: ["source", "receiver"] });
    assert.ok(time >= start && time <= Date.now());
  });

  test("forged marks are dropped with a warning", async () => {
    const forged = manifest("forged", { [INTENT]: '{"mode":"source","at":"x","time":1}', [ORIGIN_SELECTOR]: "{}" });
    const said = await apply(forged);
    assert.match(said, /Warning: vmware\.com\/syndicate-intent belongs to the sync process/);
    await succeed(["label", "service", "forged", `${REPLICA_OF}=west`]);
    const stored = await east.read("forged");
    assert.equal(annotation(stored, INTENT), undefined);
    assert.equal(label(stored, REPLICA_OF), undefined);
  });

  test("deleting a Service that others follow is warned about and done", async () => {
    await apply(manifest("followed", { [MODE]: "source" }));
    const said = await succeed(["delete", "service", "followed"]);
    assert.match(said, /Warning: clusters that follow this Service lose it: west/);
    assert.equal((await east.run(["get", "service", "followed"])).code, 1, "it is gone");
  });

  test("a shadow is not for editing", async () => {
    const shadow = manifest("shop-syndicate", {}, { clusterIP: "None" }) as { metadata: object };
    const labelled = { ...shadow, metadata: { ...shadow.metadata, labels: { [SHADOW_OF]: "shop" } } };
    assert.equal((await east.runAsSync(["apply", "-f", "-"], labelled)).code, 0);
    assert.match(await refuse(["annotate", "service", "shop-syndicate", `${MODE}=source`]), /follows it/);
  });
});

describe("re-applied manifests", () => {
  test("with a selector: stripped with a warning, saved for later", async () => {
    const object = manifest("reapplied");
    await apply(object);
    await annotate("reapplied", `${MODE}=receiver`);
    await release("reapplied");
    const said = await apply(manifest("reapplied", {}, { selector: { app: "reapplied", tier: "new" } }));
    assert.match(said, /Warning: spec\.selector was saved, not set: it takes effect when/);
    const stored = await east.read("reapplied");
    assert.equal(stored.spec.selector, undefined);
    assert.equal(annotation(stored, SELECTOR), '{"app":"reapplied","tier":"new"}');
    assert.equal(annotation(stored, MODE), "receiver");
  });

  for (const [name, flags] of [
    ["client-side", []],
    ["server-side", ["--server-side", "--force-conflicts"]],
  ] as const) {
    test(`${name}, with the mode from before a move: the move stands, until a person says otherwise`, async () => {
      const object = manifest(name, { [MODE]: "source" });
      await apply(object, ...flags);
      await annotate(name, `${MODE}=receiver`);
      await release(name);
      const moved = await east.read(name);
      const said = await apply(object, ...flags);
      assert.match(said, /Warning: \S+ stays "receiver": a re-applied manifest does not undo a move/);
      const stored = await east.read(name);
      assert.equal(annotation(stored, MODE), "receiver");
      assert.equal(annotation(stored, INTENT), annotation(moved, INTENT));
      assert.equal(stored.spec.selector, undefined);

      await annotate(name, `${MODE}=source`);
      const declared = await east.read(name);
      assert.equal(annotation(declared, MODE), "source");
      assert.equal(parseIntent(annotation(declared, INTENT))?.at, "east");
    });
  }

  test("kubectl replace cannot drop our keys, nor the mode of a receiver", async () => {
    await apply(manifest("replaced"));
    await annotate("replaced", `${MODE}=receiver`);
    await release("replaced");
    // 1.20 wants the cluster IP repeated in a replace.
    const { clusterIP } = (await east.read("replaced")).spec;
    const { spec } = manifest("replaced") as { spec: object };
    const full = { ...spec, clusterIP };
    assert.match(await refuse(["replace", "-f", "-"], manifest("replaced", {}, full)), /cannot be removed/);
    await succeed(["replace", "-f", "-"], manifest("replaced", { [MODE]: "receiver" }, full));
    const stored = await east.read("replaced");
    assert.equal(stored.spec.selector, undefined);
    assert.equal(parseIntent(annotation(stored, INTENT))?.at, "west");
  });

  test("a restored backup keeps its intent and is no new declaration", async () => {
    await apply(manifest("restored", { [MODE]: "source" }));
    const { metadata, spec } = await east.read("restored");
    await succeed(["delete", "service", "restored"]);
    const backup = {
      ...(manifest("restored") as object),
      metadata: { name: "restored", annotations: metadata.annotations },
      spec: { selector: spec.selector, ports: spec.ports },
    };
    await succeed(["create", "-f", "-"], backup);
    const stored = await east.read("restored");
    assert.equal(annotation(stored, INTENT), metadata.annotations?.[INTENT]);
  });
});

test("told to end, the webhook leaves in order", async () => {
  const { webhook, cluster, run } = east;
  webhook.kill("SIGTERM");
  // Still answering while it drains; kubectl might take longer to start than that lasts.
  const { status, body } = await cluster.request("POST", PATH, manifest("draining"));
  assert.equal(status, 201, body.message);
  assert.deepEqual(await webhook.exited, { code: 0, signal: null });
  assert.match((await run(["apply", "-f", "-"], manifest("insisting"))).stderr, /failed calling webhook/);
});

const CONFIGURATIONS = ["mutating", "validating"].map(
  (kind) => `/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations/syndicate`,
);

test("with no webhook alive, the portable configuration refuses none of 1,000 writes", async () => {
  const { webhook, cluster } = east;
  webhook.kill("SIGKILL");
  await webhook.exited;
  for (const configuration of CONFIGURATIONS) {
    const ignore = [{ op: "replace", path: "/webhooks/0/failurePolicy", value: "Ignore" }];
    const { status } = await cluster.request("PATCH", configuration, ignore, "application/json-patch+json");
    assert.equal(status, 200);
  }
  await waitFor("the new failure policy", async () => {
    const { code, stderr } = await east.run(["apply", "--dry-run=server", "-f", "-"], manifest("ignored"));
    return code === 0 ? { done: undefined } : { seen: stderr };
  });
  let next = 0;
  const refused: string[] = [];
  const write = async () => {
    while (next < 1000) {
      const service = { metadata: { name: `plain-${next++}` }, spec: { ports: [{ port: 80 }] } };
      const { status, body } = await east.cluster.request("POST", PATH, service);
      if (status !== 201) refused.push(`${status} ${body.message}`);
    }
  };
  await Promise.all(Array.from({ length: 16 }, write));
  assert.deepEqual(refused, []);
  for (const configuration of CONFIGURATIONS) await east.cluster.call("DELETE", configuration);
});
