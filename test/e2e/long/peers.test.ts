import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { IDENTITY_CONFIGMAP } from "../../../shared/keys.ts";
import { configMaps } from "../../../shared/kube/resources.ts";
import type { ConfigMap } from "../../../sync/identity.ts";
import { renderKubeconfig } from "../../lab/kubeconfig.ts";
import { type FaultAgent, systemNamespace } from "../faults/agent.ts";
import { readCopies } from "../faults/history.ts";
import { Scene } from "../faults/scene.ts";
import { type FaultWorld, openFaultWorld } from "../faults/world.ts";
import { waitFor } from "../waiting.ts";

// Peers come, change and go while sync runs, by files as the kubelet brings them: the content of a Secret, switched as a whole.

let world: FaultWorld;
let scene: Scene;
let agent: FaultAgent;
let version = 0;

before(async () => {
  world = await openFaultWorld();
  scene = new Scene(world, { fault: "reset", operation: "watching" });
  await scene.open();
  agent = scene.agents[0] as FaultAgent;
});

after(async () => {
  scene?.close();
  await world?.stop();
});

/** Puts files into the agent's folder of peers the way a mounted Secret changes. */
function mount(files: Record<string, string>): void {
  const folder = join(world.lab.dir, "agents", agent.name, "peers");
  version += 1;
  mkdirSync(join(folder, `..version_${version}`));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `..version_${version}`, name), text);
  symlinkSync(`..version_${version}`, join(folder, "..data_tmp"));
  renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
  for (const name of ["east", "north"]) {
    if (Object.hasOwn(files, name)) {
      symlinkSync(join("..data", name), join(folder, "..link"));
      renameSync(join(folder, "..link"), join(folder, name));
    } else rmSync(join(folder, name), { force: true });
  }
}

/** A kubeconfig of east for this token. */
function kubeconfig(token: string): string {
  return renderKubeconfig([{ name: "east", server: agent.peer.url, ca: world.pki.ca, user: { token } }]);
}

async function waitRefused(name: string, expected: RegExp | undefined): Promise<void> {
  await waitFor(`peersRefused to say ${expected} of ${name}`, async () => {
    const path = configMaps.one(systemNamespace(scene.namespace), IDENTITY_CONFIGMAP);
    const { data } = await world.west.client.get<ConfigMap>(path);
    const refused = JSON.parse(data?.["peersRefused"] ?? "{}") as Record<string, string>;
    const found = expected ? expected.test(refused[name] ?? "") : refused[name] === undefined;
    return found ? { done: undefined } : { seen: JSON.stringify(data) };
  });
  const { text } = await agent.get("/metrics");
  assert.match(text, new RegExp(`syndicate_peer_refused\\{cluster="${name}"\\} ${expected ? 1 : 0}\\n`));
  if (expected) assert.match(agent.process.logTail(500), new RegExp(`"peer":"${name}".*"peer is not followed"`));
}

/** A fresh token of the account that the agents use. */
async function newToken(): Promise<string> {
  const path = "/api/v1/namespaces/default/serviceaccounts/fault-agent/token";
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 7200 } };
  return (await world.east.cluster.call("POST", path, body)).status.token;
}

test("a rotated token is used for the very next connections, and no change is lost over it", async () => {
  const token = await newToken();
  mount({ east: kubeconfig(token) });
  const before = agent.peer.requests.length;
  let moving = true;
  const mover = (async () => {
    for (; moving; await sleep(200)) await scene.history.move("a");
  })();
  await waitFor("the watches of the new client", async () => {
    const fresh = agent.peer.requests.slice(before).filter(({ operation }) => operation === "watching");
    return fresh.length >= 2 ? { done: undefined } : { seen: `${fresh.length} watches` };
  });
  moving = false;
  await mover;
  await scene.waitCopied();
  assert.deepEqual(world.witness.stepsBack(scene.namespace), []);
  const { text } = await agent.get("/metrics");
  const end = Number(/syndicate_credential_expiry_timestamp_seconds\{cluster="east"\} (\S+)/.exec(text)?.[1]);
  assert.ok(Math.abs(end - Date.now() / 1000 - 7200) < 120, `the token in use ends at ${end}`);
});

test("a new kubeconfig that is worth nothing is refused by name, and the old one goes on", async () => {
  mount({ east: kubeconfig("nonsense"), north: "users: [{name: x, user: {exec: {command: /bin/true}}}]" });
  await waitRefused("east", /new kubeconfig not used: .*401/);
  await waitRefused("north", /users\.0\.user\.exec is not accepted .* would run a command|clusters is missing/);
  await scene.history.move("a");
  await scene.waitCopied();
  mount({ east: kubeconfig(await newToken()) });
  await waitRefused("east", undefined);
});

test("a file that is gone leaves everything as it is; when it is back, what happened meanwhile is made up for", async () => {
  const token = await newToken();
  mount({});
  await waitRefused("east", /its kubeconfig file is gone/);
  const known = scene.history.replay();
  await scene.change();
  await assert.rejects(scene.waitCopied(3));
  const { copies } = await readCopies(world.west.client, scene.namespace);
  assert.deepEqual(copies, known);
  mount({ east: kubeconfig(token) });
  await scene.waitCopied();
  await waitRefused("east", undefined);
});
