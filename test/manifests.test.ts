import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { MODE, SYNC_USER, SYSTEM_NAMESPACE } from "../shared/keys.ts";
import { WEBHOOK_CONFIGURATION, WEBHOOK_SERVICE } from "../sync/certificates/cluster-store.ts";
import { readConfig as readSyncConfig } from "../sync/config.ts";
import { createHealthServer } from "../sync/server.ts";
import { createApp } from "../webhook/app.ts";
import { readConfig } from "../webhook/config.ts";
import { get, MANIFESTS, type Rendered, render } from "./rendered-manifests.ts";

const base = await render(".");
const current = await render("overlays/current");
const lab = await render("overlays/lab");
const policy = get(await render("components/admission-policy"), "ValidatingAdmissionPolicy/syndicate").spec;
const [MUTATING, VALIDATING] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];
const CHANGES = ["CREATE", "UPDATE"];
// The status endpoint takes annotations and labels too; a patch there could not touch the spec, so it is only judged.
const STATUS = ["services", "services/status"];
// Whoever deletes is only told something: no failure policy may hold up the garbage collector.
const WEBHOOKS = [
  { kind: MUTATING, at: 0, path: "/mutate", operations: CHANGES, resources: ["services"], insists: true },
  { kind: VALIDATING, at: 0, path: "/validate", operations: CHANGES, resources: STATUS, insists: true },
  { kind: VALIDATING, at: 1, path: "/validate", operations: ["DELETE"], resources: ["services"], insists: false },
];
const pod = get(base, "Deployment/syndicate").spec.template.spec;
const [sync, webhook] = ["sync", "webhook"].map((name) =>
  pod.containers.find((container: Rendered) => container.name === name),
);
const settings = get(base, [...base.keys()].find((key) => key.startsWith("ConfigMap/syndicate-settings-")) ?? "").data;

test("every namespaced object is in our namespace", () => {
  const outside = [...base].filter(([, { metadata }]) => metadata.namespace && metadata.namespace !== SYSTEM_NAMESPACE);
  assert.deepEqual(outside, []);
  assert.ok(base.has(`Namespace/${SYSTEM_NAMESPACE}`));
});

test("there are no other webhooks", () => {
  for (const kind of [MUTATING, VALIDATING]) {
    const { length } = get(base, `${kind}/${WEBHOOK_CONFIGURATION}`).webhooks;
    assert.equal(length, WEBHOOKS.filter((one) => one.kind === kind).length);
  }
});

for (const { kind, at, path, operations, resources, insists } of WEBHOOKS) {
  test(`${kind} ${at}: what the API server sends, where, and what it does without an answer`, () => {
    const one = get(base, `${kind}/${WEBHOOK_CONFIGURATION}`).webhooks[at];
    assert.deepEqual(one.clientConfig.service, { namespace: SYSTEM_NAMESPACE, name: WEBHOOK_SERVICE, path, port: 443 });
    assert.deepEqual(one.rules, [{ apiGroups: [""], apiVersions: ["v1"], operations, resources, scope: "Namespaced" }]);
    assert.equal(one.failurePolicy, "Ignore");
    assert.ok(one.timeoutSeconds <= (insists ? 3 : 1));
    assert.equal(one.sideEffects, "None");
    assert.deepEqual(one.admissionReviewVersions, ["v1"]);
    assert.equal(one.matchPolicy, "Equivalent");
    const [{ key, operator, values }] = one.namespaceSelector.matchExpressions;
    assert.deepEqual([key, operator], ["kubernetes.io/metadata.name", "NotIn"]);
    assert.ok(values.includes("kube-system") && values.includes(SYSTEM_NAMESPACE));
    assert.equal(one.clientConfig.caBundle, undefined, "sync alone writes it; a second apply must not undo that");
  });

  test(`${kind} ${at} of overlays/current: not about what sync writes, and insisting on changes alone`, () => {
    const expected = structuredClone(get(base, `${kind}/${WEBHOOK_CONFIGURATION}`).webhooks[at]);
    const { matchConditions, failurePolicy, ...rest } = get(current, `${kind}/${WEBHOOK_CONFIGURATION}`).webhooks[at];
    const { failurePolicy: _, ...others } = expected;
    assert.deepEqual(rest, others);
    assert.equal(failurePolicy, insists ? "Fail" : "Ignore");
    const [notBySync, { expression }] = matchConditions;
    assert.deepEqual(notBySync, policy.matchConditions[0], "what the policy says of sync");
    const prefixes = [...expression.matchAll(/startsWith\('([^']+)'\)/g)].map((match) => match[1]);
    assert.equal(prefixes.length, insists ? 4 : 2);
    assert.ok(prefixes.every((prefix) => MODE.startsWith(prefix ?? "-")));
  });
}

test("overlays/lab differs from the base in the webhooks' clientConfig and in nothing else", () => {
  const changed = structuredClone(base);
  for (const { kind, at, path } of WEBHOOKS) {
    get(changed, `${kind}/${WEBHOOK_CONFIGURATION}`).webhooks[at].clientConfig = {
      url: `https://127.0.0.1:9443${path}`,
    };
  }
  assert.deepEqual(lab, changed);
});

test("overlays/current differs from the base in the webhook configurations and in nothing else", () => {
  const rest = (objects: Map<string, Rendered>) =>
    [...objects].filter(([key]) => !key.includes("WebhookConfiguration/"));
  assert.deepEqual(rest(current), rest(base));
});

/** Answers of a listener on a free port, by path. */
async function askStatus(listener: RequestListener): Promise<(path: string) => Promise<number>> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
}

test("the webhook's paths and probes are those the code serves", async () => {
  const status = await askStatus(createApp({ whyUnready: () => undefined } as never));
  for (const { path } of WEBHOOKS) assert.equal(await status(path), 405, `${path} exists, for POST`);
  for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) {
    assert.equal(webhook[probe].httpGet.scheme, "HTTPS");
    assert.equal(await status(webhook[probe].httpGet.path), 200);
  }
});

test("the probes of sync are those the code serves", async () => {
  const well = () => undefined;
  const [listener] = createHealthServer({ health: well, readiness: well } as never).listeners("request");
  const status = await askStatus(listener as RequestListener);
  for (const probe of ["livenessProbe", "readinessProbe"]) assert.equal(await status(sync[probe].httpGet.path), 200);
});

test("the webhook accepts its arguments and settings, and they fit the rest", () => {
  const result = readConfig(webhook.args, { ...settings, CLUSTER_NAME: "east" });
  assert.ok(result.ok, JSON.stringify(result));
  assert.equal(result.config.syncUser, SYNC_USER);
  assert.equal(SYNC_USER, `system:serviceaccount:${SYSTEM_NAMESPACE}:${pod.serviceAccountName}`);
  const mount = webhook.volumeMounts.find(({ name }: Rendered) => name === "certificates");
  assert.equal(result.config.certDir, mount.mountPath);
  const container = webhook.ports.find(({ name }: Rendered) => name === "webhook");
  assert.equal(container.containerPort, result.config.port);
  assert.equal(get(base, `Service/${WEBHOOK_SERVICE}`).spec.ports[0].targetPort, container.name);
});

test("sync accepts its arguments and settings, and they fit the rest", () => {
  const environment = { ...settings, CLUSTER_NAME: "east", POD_NAMESPACE: SYSTEM_NAMESPACE };
  const config = readSyncConfig(sync.args, environment);
  assert.deepEqual(
    config,
    { ...readSyncConfig([], environment), certDir: config.certDir },
    "settings repeat the defaults",
  );
  const mounts = Object.fromEntries(sync.volumeMounts.map(({ name, mountPath }: Rendered) => [name, mountPath]));
  assert.deepEqual([config.certDir, config.peersDir], [mounts.certificates, mounts.peers]);
  assert.equal(config.port, sync.ports[0].containerPort);
  const advice = readConfig(webhook.args, environment);
  assert.ok(advice.ok && advice.config.syncPort === config.advicePort);
  assert.ok(readSyncConfig(["--create-namespaces"], environment).createNamespaces, "the component's flag exists");
  assert.throws(() => readSyncConfig(sync.args, settings), /CLUSTER_NAME/);
});

test("the cluster's name is left to the user, everything else has a value or means all", () => {
  const text = readFileSync(join(MANIFESTS, "base/settings.env"), "utf8");
  assert.match(text, /^CLUSTER_NAME=$/m);
  for (const container of [sync, webhook])
    assert.ok(container.envFrom[0].configMapRef.name.startsWith("syndicate-settings-"));
});

test("the Service of the webhook selects the Pod", () => {
  const labels = get(base, "Deployment/syndicate").spec.template.metadata.labels;
  const selector = get(base, `Service/${WEBHOOK_SERVICE}`).spec.selector;
  assert.deepEqual({ ...labels, ...selector }, labels);
});

test("the token is in the sync container alone", () => {
  assert.equal(pod.automountServiceAccountToken, false);
  const tokens = pod.volumes.filter(({ projected }: Rendered) => projected).map(({ name }: Rendered) => name);
  assert.deepEqual(tokens, ["token"]);
  const mounts = (container: Rendered) => container.volumeMounts.map(({ name }: Rendered) => name);
  assert.deepEqual(mounts(sync), ["certificates", "peers", "token"]);
  assert.deepEqual(mounts(webhook), ["certificates"]);
  assert.equal(webhook.volumeMounts[0].readOnly, true);
  assert.equal(sync.volumeMounts[2].mountPath, "/var/run/secrets/kubernetes.io/serviceaccount");
});

test("certificates are shared in memory, peers may be absent", () => {
  const volume = (name: string) => pod.volumes.find((one: Rendered) => one.name === name);
  assert.equal(volume("certificates").emptyDir.medium, "Memory");
  assert.deepEqual(volume("peers").secret, { secretName: "syndicate-peers", optional: true });
});

test("the Pod meets the restricted Pod Security Standard, which the namespace enforces", () => {
  assert.equal(
    get(base, `Namespace/${SYSTEM_NAMESPACE}`).metadata.labels["pod-security.kubernetes.io/enforce"],
    "restricted",
  );
  assert.equal(pod.securityContext.runAsNonRoot, true);
  assert.ok(pod.securityContext.runAsUser > 0);
  assert.deepEqual(pod.securityContext.seccompProfile, { type: "RuntimeDefault" });
  for (const field of ["hostNetwork", "hostPID", "hostIPC"]) assert.equal(pod[field], undefined);
  const kinds = pod.volumes.flatMap(({ name, ...kind }: Rendered) => Object.keys(kind));
  assert.deepEqual(kinds.sort(), ["emptyDir", "projected", "secret"]);
  for (const { securityContext, resources, livenessProbe, readinessProbe } of pod.containers) {
    assert.deepEqual(securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    assert.ok(resources.requests.cpu && resources.requests.memory && resources.limits.memory);
    assert.ok(livenessProbe && readinessProbe);
  }
});

test("the heap of sync leaves half of its container's memory to everything else", () => {
  const sync = pod.containers.find(({ name }: Rendered) => name === "sync");
  const heap = Number(/^--max-old-space-size=(\d+)$/.exec(sync.command[1])?.[1]);
  assert.equal(`${(heap * 2) / 1024}Gi`, sync.resources.limits.memory);
});
