import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "../../shared/kube/client.ts";
import { parsePlainKubeconfig } from "../../shared/kube/kubeconfig.ts";
import { CERTIFICATE_SECRET, createClusterStore } from "../../sync/certificates/cluster-store.ts";
import { readBundle, readLeaf } from "../../sync/certificates/facts.ts";
import { CertificateKeeper } from "../../sync/certificates/keeper.ts";
import { readServed } from "../../sync/certificates/store.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { type GuardedCluster, guardCluster, manifest } from "./guarded-cluster.ts";
import { PATH } from "./ways-to-write.ts";

// The keeper at work on a real API server that insists on the webhook, while writers go on all the time: whatever happens
// to the certificates, no write may fail. ROTATIONS=100 is the long run for docs/benchmarks.md.

const rotations = Number(process.env["ROTATIONS"] ?? 2);
const WRITERS = 4;
/** Real time an API server gets to see a changed configuration; the keeper waits two minutes of its own clock. */
const PROPAGATION_MS = 1500;
const MINUTE = 60_000;
const HOST = "127.0.0.1";
const SECRETS = "/api/v1/namespaces/syndicate-system/secrets";

let lab: Lab;
let east: GuardedCluster;
let replicas: { keeper: CertificateKeeper; folder: string }[];
/** Added to the keepers' clocks. */
let skew = 0;
const failures: string[] = [];
let written = 0;
let stop = false;
let writers: Promise<void>[];

before(async () => {
  lab = await startLab({ clusters: ["east"] });
  east = await guardCluster(lab, "east");
  await east.cluster.ensureNamespace("syndicate-system");
  const kubeconfig = parsePlainKubeconfig(east.cluster.adminKubeconfig("local"), "east");
  const client = createClient(kubeconfig, { cluster: "east", userAgent: "certificates-test" });
  const log = { info: () => {}, warn: () => {} };
  // The first one hands its certificate to the running webhook, the second to a replica that is only looked at.
  replicas = [east.certificates, mkdtempSync(join(lab.dir, "replica-"))].map((folder) => {
    const store = createClusterStore(client, "syndicate-system", folder);
    return { folder, keeper: new CertificateKeeper({ store, hosts: [HOST], now: () => Date.now() + skew, log }) };
  });
  writers = Array.from({ length: WRITERS }, (_, i) => writeOnAndOn(`written-${i}`));
});
after(async () => {
  stop = true;
  await Promise.all(writers ?? []);
  await lab?.stop();
});

async function writeOnAndOn(name: string): Promise<void> {
  await east.cluster.call("POST", PATH, manifest(name));
  for (let i = 0; !stop; i++) {
    const { status, body } = await east.cluster.request("PATCH", `${PATH}/${name}`, {
      metadata: { labels: { i: `${i}` } },
    });
    written += 1;
    if (status !== 200) failures.push(`${status} ${body.message}`);
  }
}

/** Both replicas at once, as their timers may fall. */
async function checkAll(): Promise<void> {
  await Promise.all(replicas.map(({ keeper }) => keeper.check()));
}

/** All keepers to rest: publish, let the API server see it, pass the two minutes, swap. The API server calls anew. */
async function settle(): Promise<void> {
  for (let round = 0; round < 2; round++) await checkAll();
  await sleep(PROPAGATION_MS);
  skew += 3 * MINUTE;
  await checkAll();
  skew -= 3 * MINUTE;
  await sleep(PROPAGATION_MS);
}

async function readSecret(): Promise<Map<string, string>> {
  const { data } = await east.cluster.call("GET", `${SECRETS}/${CERTIFICATE_SECRET}`);
  return new Map(Object.entries<string>(data).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]));
}

/** Both replicas serve the leaf of the Secret, and both configurations trust it. */
async function assertAtRest(): Promise<string> {
  const leaf = (await readSecret()).get("tls.crt");
  for (const { folder } of replicas) {
    const served = await readServed(folder);
    assert.equal(served.cert, leaf, "the leaf of the Secret is served");
    for (const kind of ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"]) {
      const path = `/apis/admissionregistration.k8s.io/v1/${kind}/syndicate`;
      const { webhooks } = await east.cluster.call("GET", path);
      const bundle = readBundle(Buffer.from(webhooks[0].clientConfig.caBundle ?? "", "base64").toString());
      assert.ok(readLeaf(served, bundle, [HOST])?.issuers.length, `${kind} trusts it`);
    }
  }
  return leaf ?? "";
}

function assertNothingFailed(): void {
  assert.deepEqual(failures, []);
}

test("two replicas that found everything at the same time agree on one authority", async () => {
  await settle();
  await settle();
  await assertAtRest();
  assertNothingFailed();
});

test(`${rotations} times a new authority and leaf, the Secret being deleted: no write fails`, async (t) => {
  const leaves = new Set([await assertAtRest()]);
  const before = written;
  for (let i = 0; i < rotations; i++) {
    await east.cluster.call("DELETE", `${SECRETS}/${CERTIFICATE_SECRET}`);
    await settle();
    leaves.add(await assertAtRest());
  }
  t.diagnostic(`${written - before} writes, ${failures.length} failed, over ${rotations} rotations`);
  assert.equal(leaves.size, rotations + 1);
  assert.ok(written - before > rotations);
  assertNothingFailed();
});

for (const slot of ["ca.key", "tls.crt"]) {
  test(`a broken ${slot} in the Secret is put right, no write fails`, async () => {
    const broken = { data: { [slot]: Buffer.from("nonsense").toString("base64") } };
    await east.cluster.call("PATCH", `${SECRETS}/${CERTIFICATE_SECRET}`, broken);
    // A lost key shows itself when it is needed: a successor is prepared, published, then promoted.
    for (let i = 0; i < 2; i++) await settle();
    await assertAtRest();
    assert.ok(![...(await readSecret()).values()].includes("nonsense"));
    assertNothingFailed();
  });
}

test("broken files: the webhook keeps the last good pair, the keeper puts them right", async () => {
  writeFileSync(join(east.certificates, "tls.key"), "nonsense");
  await sleep(300);
  assertNothingFailed();
  await checkAll();
  await assertAtRest();
});

test("clocks that are 50 minutes apart: what the one ahead makes is good at once", async () => {
  skew = 50 * MINUTE;
  await east.cluster.call("DELETE", `${SECRETS}/${CERTIFICATE_SECRET}`);
  await settle();
  skew = 0;
  await checkAll();
  await assertAtRest();
  assertNothingFailed();
});

test("an edited caBundle is put right by the next check", async () => {
  stop = true;
  await Promise.all(writers);
  const path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/syndicate";
  const edit = [{ op: "remove", path: "/webhooks/0/clientConfig/caBundle" }];
  const { status, body } = await east.cluster.request("PATCH", path, edit, "application/json-patch+json");
  assert.equal(status, 200, body.message);
  await checkAll();
  await assertAtRest();
  await sleep(PROPAGATION_MS);
  await east.cluster.call("POST", PATH, manifest("after-the-edit"));
});
