import assert from "node:assert/strict";
import { test } from "node:test";
import { WEBHOOK_CONFIGURATION } from "../sync/certificates/cluster-store.ts";
import { AUTHORITY_LIFE, LEAF_LIFE } from "../sync/certificates/decision.ts";
import { listServiceHosts } from "../sync/certificates/schedule.ts";
import { readConfig } from "../sync/config.ts";
import { get, type Rendered, render } from "./rendered-manifests.ts";

// There is no cert-manager on the lab: what it is told, and that nobody else makes certificates then, is checked here.

const base = await render("base");
const objects = await render("overlays/cert-manager");
const pod = get(objects, "Deployment/syndicate").spec.template.spec;
const [sync, webhook] = ["sync", "webhook"].map((name) =>
  pod.containers.find((container: Rendered) => container.name === name),
);
const leaf = get(objects, "Certificate/syndicate-webhook");
const authority = get(objects, "Certificate/syndicate-webhook-ca");

test("sync makes no certificates and has no folder for them", () => {
  assert.equal(readConfig(sync.args, { CLUSTER_NAME: "east" }).certDir, undefined);
  assert.deepEqual(
    sync.volumeMounts.map(({ name }: Rendered) => name),
    ["peers", "token"],
  );
});

test("the webhook reads the Secret that cert-manager writes", () => {
  const volume = pod.volumes.find(({ name }: Rendered) => name === "certificates");
  assert.deepEqual(volume, { name: "certificates", secret: { secretName: leaf.spec.secretName } });
  assert.deepEqual(webhook, get(base, "Deployment/syndicate").spec.template.spec.containers[1]);
});

test("the certificate has the names API servers call, and the lives and renewals of our own", () => {
  const { namespace } = leaf.metadata;
  assert.deepEqual(leaf.spec.dnsNames, listServiceHosts(namespace));
  for (const [{ spec }, life] of [
    [leaf, LEAF_LIFE],
    [authority, AUTHORITY_LIFE],
  ] as const) {
    const [duration, before] = [spec.duration, spec.renewBefore].map((text: string) => Number.parseInt(text, 10));
    assert.equal((duration ?? 0) * 3_600_000, life);
    assert.equal((before ?? 0) * 3, duration, "renewed at two thirds");
  }
});

test("the chain holds together: configurations, leaf, authority, root", () => {
  for (const kind of ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]) {
    const { annotations } = get(objects, `${kind}/${WEBHOOK_CONFIGURATION}`).metadata;
    assert.deepEqual(annotations, { "cert-manager.io/inject-ca-from": `syndicate-system/${leaf.metadata.name}` });
  }
  assert.equal(get(objects, `Issuer/${leaf.spec.issuerRef.name}`).spec.ca.secretName, authority.spec.secretName);
  assert.equal(authority.spec.isCA, true);
  assert.deepEqual(get(objects, `Issuer/${authority.spec.issuerRef.name}`).spec, { selfSigned: {} });
});

test("everything else is the base", () => {
  const touched = /^(Deployment|MutatingWebhookConfiguration|ValidatingWebhookConfiguration|Certificate|Issuer)\//;
  const rest = (all: Map<string, Rendered>) => [...all].filter(([key]) => !touched.test(key));
  assert.deepEqual(rest(objects), rest(base));
});
