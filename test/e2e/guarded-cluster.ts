/** A lab cluster with the webhook process registered at its API server, and a stand-in for the sync process's advice. */

import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Advice } from "../../shared/advice.ts";
import { MODE, SYNC_USER } from "../../shared/keys.ts";
import type { Service } from "../../shared/kube/objects.ts";
import { issueLeaf, makeAuthority } from "../../sync/certificates/issuer.ts";
import { writeServed } from "../../sync/certificates/store.ts";
import type { CommandResult, Lab, LabCluster, LabProcess } from "../lab/lab.ts";

const NAMESPACE = "shop";

export interface GuardedCluster {
  cluster: LabCluster;
  webhook: LabProcess;
  /** Folder the webhook has its certificate from. */
  certificates: string;
  /** Runs kubectl in the namespace `shop`; resolves whatever the exit code. */
  run(args: string[], manifest?: object): Promise<CommandResult>;
  /** Like `run`, but as the sync process. */
  runAsSync(args: string[], manifest?: object): Promise<CommandResult>;
  read(name: string): Promise<Service>;
  advise(advice: Advice): void;
}

/** Starts the webhook beside a cluster's API server and returns once it is asked. */
export async function guardCluster(lab: Lab, name: string): Promise<GuardedCluster> {
  const cluster = lab.cluster(name);
  const folder = join(lab.dir, "webhook", name);
  mkdirSync(folder, { recursive: true });
  // In its own network namespace the cluster's ports are its own; without one they are this machine's.
  const port = cluster.hostNamespace === null ? randomInt(20_000, 30_000) : 9443;
  const authority = await makeAuthority(Date.now());
  const adviceFile = join(folder, "advice.json");
  const advise = (advice: Advice) => writeFileSync(adviceFile, JSON.stringify(advice));
  advise({ cluster: name, clusters: [] });
  await spawnProgram(cluster, "advice", "advice-process.ts", [String(port + 1), adviceFile]);
  const flags = [`--cluster-name=${name}`, `--port=${port}`, `--sync-port=${port + 1}`, `--cert-dir=${folder}`];
  const webhook = await spawnProgram(cluster, "webhook", "../../webhook/main.ts", flags);
  // Written after the start, as the sync process may be the slower one.
  await writeServed(folder, await issueLeaf(authority, ["127.0.0.1"], Date.now()));
  for (const path of ["mutate", "validate"]) await register(cluster, path, port, authority.cert);
  await cluster.ensureNamespace(NAMESPACE);
  const kubectl = (args: string[], manifest?: object) =>
    cluster.kubectl(["-n", NAMESPACE, ...args], manifest ? JSON.stringify(manifest) : "");
  const guarded: GuardedCluster = {
    cluster,
    webhook,
    certificates: folder,
    advise,
    run: kubectl,
    runAsSync: (args, manifest) => kubectl([`--as=${SYNC_USER}`, "--as-group=system:masters", ...args], manifest),
    read: (service) => cluster.call("GET", `/api/v1/namespaces/${NAMESPACE}/services/${service}`),
  };
  await waitUntilAsked(guarded);
  await checkPatches(guarded);
  return guarded;
}

/** A Service that selects the pods of `app=<name>`. */
export function manifest(name: string, annotations: Record<string, string> = {}, spec: object = {}): object {
  const { selector = { app: name }, ...rest } = spec as { selector?: object | null };
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, annotations },
    spec: { ...(selector ? { selector } : {}), ports: [{ name: "http", port: 80, protocol: "TCP" }], ...rest },
  };
}

function spawnProgram(cluster: LabCluster, name: string, file: string, args: string[]): Promise<LabProcess> {
  return cluster.spawn(name, process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args]);
}

async function register(cluster: LabCluster, path: string, port: number, ca: string) {
  const mutating = path === "mutate";
  const kind = mutating ? "MutatingWebhookConfiguration" : "ValidatingWebhookConfiguration";
  const operations = mutating ? ["CREATE", "UPDATE"] : ["CREATE", "UPDATE", "DELETE"];
  const resources = mutating ? ["services"] : ["services", "services/status"];
  await cluster.call("POST", `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}s`, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind,
    metadata: { name: "syndicate" },
    webhooks: [
      {
        name: `${path}.syndicate.vmware.com`,
        clientConfig: { url: `https://127.0.0.1:${port}/${path}`, caBundle: Buffer.from(ca).toString("base64") },
        rules: [{ apiGroups: [""], apiVersions: ["v1"], operations, resources, scope: "Namespaced" }],
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
        failurePolicy: "Fail",
        timeoutSeconds: 3,
        ...(mutating ? { reinvocationPolicy: "IfNeeded" } : {}),
      },
    ],
  });
}

/**
 * One patched dry run, so that an API server that cannot take patches ends the suite at once: 1.20 built with Go 1.18 or
 * later crashes on every patch of a webhook unless its vendored reflect2 is renewed to 1.0.2.
 */
async function checkPatches({ run, cluster }: GuardedCluster): Promise<void> {
  const { code, stderr } = await run(
    ["create", "--dry-run=server", "-f", "-"],
    manifest("probe", { [MODE]: "source" }),
  );
  assert.equal(code, 0, `the API server (${cluster.version}) does not survive a webhook's patch: ${stderr}`);
}

/** API servers take up new configurations a moment later; a dry run changes nothing until then. */
async function waitUntilAsked({ run, webhook }: GuardedCluster): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { stderr } = await run(["apply", "--dry-run=server", "-f", "-"], manifest("probe", { [MODE]: "nonsense" }));
    if (stderr.includes("must be one of")) return;
    assert.ok(Date.now() < deadline, `the webhook is not asked: ${stderr}\n${webhook.logTail()}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
