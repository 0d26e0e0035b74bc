import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Identity } from "../../shared/identity.ts";
import { IDENTITY_CONFIGMAP, LEASE, SYSTEM_NAMESPACE } from "../../shared/keys.ts";
import { classifyError } from "../../shared/kube/api-error.ts";
import { createClient, type KubeClient } from "../../shared/kube/client.ts";
import { parsePlainKubeconfig } from "../../shared/kube/kubeconfig.ts";
import { configMaps, endpointSlices, leases, namespaces, secrets, services } from "../../shared/kube/resources.ts";
import { CERTIFICATE_SECRET } from "../../sync/certificates/cluster-store.ts";
import { readBundle, readLeaf } from "../../sync/certificates/facts.ts";
import { listServiceHosts, startCertificates } from "../../sync/certificates/schedule.ts";
import { publishIdentity, readClusterUid } from "../../sync/identity.ts";
import { startLab } from "../lab/lab.ts";

// The shipped manifests on a real cluster, and what needs their rights, done with exactly these rights.

const MANIFESTS = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "manifests");
const lab = await startLab({ clusters: ["east"] });
after(() => lab.stop());
const east = lab.cluster("east");

async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await east.kubectl(args);
  assert.equal(code, 0, `kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** A client with the rights of one of our ServiceAccounts, through a kubeconfig as docs/install.md makes it. */
async function clientAs(account: string): Promise<KubeClient> {
  const token = await kubectl("-n", SYSTEM_NAMESPACE, "create", "token", account);
  return createClient(parsePlainKubeconfig(east.tokenKubeconfig("local", token.trim()), account), { cluster: "east" });
}

async function assertForbidden(call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error) => classifyError(error) === "forbidden");
}

test("the manifests apply, and a second apply changes nothing", async () => {
  await kubectl("apply", "-k", MANIFESTS);
  const again = await kubectl("apply", "-k", MANIFESTS);
  assert.deepEqual(
    again.split("\n").filter((line) => line !== "" && !line.endsWith(" unchanged")),
    [],
  );
});

test("the API server makes a Pod of the Deployment", async () => {
  const deadline = Date.now() + 20_000;
  let pods = "";
  while (!pods && Date.now() < deadline) {
    pods = await kubectl("-n", SYSTEM_NAMESPACE, "get", "pods", "-l", "app.kubernetes.io/name=syndicate", "-o", "name");
  }
  assert.match(pods, /^pod\/syndicate-/);
});

test("sync may read Services everywhere, but no Secret except its own and nothing of others", async () => {
  const client = await clientAs("syndicate-sync");
  await client.list(services.all);
  await client.list(endpointSlices.all);
  await client.list(namespaces.all);
  await assertForbidden(client.list(secrets.in(SYSTEM_NAMESPACE)));
  await assertForbidden(client.get(secrets.one(SYSTEM_NAMESPACE, "syndicate-peers")));
  await assertForbidden(client.get(secrets.one("kube-system", CERTIFICATE_SECRET)));
  await assertForbidden(client.create(namespaces.all, { metadata: { name: "new" } }));
  await assertForbidden(client.remove(leases.one(SYSTEM_NAMESPACE, LEASE)));
  await client.close();
});

test("sync publishes the identity once, a peer reads it and cannot write", async () => {
  const [client, peer] = [await clientAs("syndicate-sync"), await clientAs("syndicate-peer")];
  const clusterUid = await readClusterUid(client);
  const identity: Identity = {
    clusterName: "east",
    clusterUid,
    version: "0",
    podCIDRs: [],
    scope: { watch: [], exclude: [] },
    settings: { unionSelector: "strip", endpoints: "mirror" },
    peers: [],
    peerUids: {},
  };
  assert.equal(await publishIdentity(client, SYSTEM_NAMESPACE, identity), "created");
  assert.equal(await publishIdentity(client, SYSTEM_NAMESPACE, identity), "unchanged");
  assert.equal(await publishIdentity(client, SYSTEM_NAMESPACE, { ...identity, version: "1" }), "updated");
  const seen = await peer.get<{ data: object } & { metadata: { name: string } }>(
    configMaps.one(SYSTEM_NAMESPACE, IDENTITY_CONFIGMAP),
  );
  assert.equal((seen.data as Record<string, string>)["clusterUid"], clusterUid);
  assert.equal(await readClusterUid(peer), clusterUid);
  await peer.list(services.all);
  await peer.list(endpointSlices.all);
  await peer.list(configMaps.in(SYSTEM_NAMESPACE), { fieldSelector: `metadata.name=${IDENTITY_CONFIGMAP}` });
  await assertForbidden(publishIdentity(peer, SYSTEM_NAMESPACE, { ...identity, version: "2" }));
  await assertForbidden(peer.create(services.in("default"), { metadata: { name: "x" } }));
  await assertForbidden(peer.list(secrets.in(SYSTEM_NAMESPACE)));
  await Promise.all([client.close(), peer.close()]);
});

/** What the API servers trust, once per webhook. */
async function readBundles(): Promise<string[]> {
  const paths = [
    "mutatingwebhookconfiguration 0",
    "validatingwebhookconfiguration 0",
    "validatingwebhookconfiguration 1",
  ];
  return Promise.all(
    paths.map(async (path) => {
      const [kind = "", at] = path.split(" ");
      const text = await kubectl("get", kind, "syndicate", "-o", `jsonpath={.webhooks[${at}].clientConfig.caBundle}`);
      return Buffer.from(text, "base64").toString();
    }),
  );
}

test("sync makes certificates with these rights, and repairs what is deleted, edited or broken", async () => {
  const client = await clientAs("syndicate-sync");
  const certDir = join(lab.dir, "certificates");
  const warnings: string[] = [];
  const log = { info: () => {}, warn: (fields: object, text: string) => warnings.push(text + JSON.stringify(fields)) };
  const hosts = ["127.0.0.1"];
  const certificates = startCertificates({ client, namespace: SYSTEM_NAMESPACE, certDir, hosts, log });
  const assertGood = async () => {
    await certificates.check();
    assert.deepEqual(warnings, []);
    const [cert, key] = await Promise.all(["tls.crt", "tls.key"].map((name) => readFile(join(certDir, name), "utf8")));
    for (const bundle of await readBundles()) {
      const leaf = readLeaf({ cert: cert ?? "", key: key ?? "" }, readBundle(bundle), [
        ...listServiceHosts(SYSTEM_NAMESPACE),
        ...hosts,
      ]);
      assert.deepEqual(leaf?.missing, []);
      assert.ok(leaf.issuers.length > 0, "every API server trusts what is served");
    }
  };
  await assertGood();
  await kubectl("-n", SYSTEM_NAMESPACE, "delete", "secret", CERTIFICATE_SECRET);
  await assertGood();
  await kubectl("-n", SYSTEM_NAMESPACE, "patch", "secret", CERTIFICATE_SECRET, "-p", '{"data":{"ca.crt":"AAAA"}}');
  await assertGood();
  const edit = '[{"op":"remove","path":"/webhooks/0/clientConfig/caBundle"}]';
  await kubectl("patch", "mutatingwebhookconfiguration", "syndicate", "--type=json", "-p", edit);
  await assertGood();
  await kubectl("apply", "-k", MANIFESTS);
  const before = await readBundles();
  await certificates.check();
  assert.deepEqual(await readBundles(), before, "an apply of the manifests leaves the bundle alone");
  await certificates.stop();
  await client.close();
});
