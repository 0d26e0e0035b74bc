import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { Lab, LabCluster } from "./lab.ts";
import type { LabProcess } from "./process.ts";

/** How the programs are installed into a lab. */
export interface InstallOptions {
  /** Run the admission webhook too. Default true. */
  webhook?: boolean;
  /** Names of the clusters that run the programs; the manifests go to all. Default: all. */
  on?: readonly string[];
  /** Run what `npm run build` has put into dist/ as the manifests do, instead of the sources. Default false. */
  built?: boolean;
  /** Environment for both programs, such as `UNION_SELECTOR`. */
  env?: Record<string, string>;
}

/** The two programs on one cluster's host. */
export interface Agent {
  cluster: LabCluster;
  sync: LabProcess;
  webhook: LabProcess | undefined;
  /** Starts sync again after its end; nobody asks whether it is ready, so nothing else runs because of it. */
  launchSync(): Promise<void>;
  /** The same, and waits until it is ready. */
  startSync(): Promise<void>;
  /** Starts the webhook again after its end and waits until it is ready. */
  startWebhook(): Promise<void>;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const NAMESPACE = "syndicate-system";
const SYNC = "syndicate-sync";
const PEER = "syndicate-peer";

/**
 * Installs the shipped manifests (overlay `lab`) into every cluster and starts the programs on the clusters' hosts, with
 * tokens of the shipped ServiceAccounts, never as administrator. Resolves when all are ready. Throws with the end of a
 * program's log if it does not come up.
 */
export async function installSyndicate(lab: Lab, options: InstallOptions = {}): Promise<Map<string, Agent>> {
  const clusters = [...lab.clusters.values()];
  await Promise.all(clusters.map((cluster) => applyManifests(cluster, options.webhook ?? true)));
  const hosts = clusters.filter(({ name }) => options.on?.includes(name) ?? true);
  const agents = await Promise.all(hosts.map((cluster) => startAgent(lab, cluster, options)));
  return new Map(agents.map((agent) => [agent.cluster.name, agent]));
}

async function applyManifests(cluster: LabCluster, webhook: boolean): Promise<void> {
  const applied = await cluster.kubectl(["apply", "-k", join(ROOT, "manifests/overlays/lab")]);
  if (applied.code !== 0) throw new Error(`kubectl apply -k in ${cluster.name}: ${applied.stderr}`);
  if (webhook) return;
  const kinds = "mutatingwebhookconfiguration,validatingwebhookconfiguration";
  const removed = await cluster.kubectl(["delete", kinds, "syndicate"]);
  if (removed.code !== 0) throw new Error(`removing the webhook in ${cluster.name}: ${removed.stderr}`);
}

/** A token of a ServiceAccount of ours, from the TokenRequest API. */
export async function requestToken(cluster: LabCluster, account: string): Promise<string> {
  const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${account}/token`;
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 86_400 } };
  const answer = (await cluster.call("POST", path, body)) as { status: { token: string } };
  return answer.status.token;
}

async function startAgent(lab: Lab, cluster: LabCluster, options: InstallOptions): Promise<Agent> {
  const folder = join(lab.dir, "agents", cluster.name);
  const peers = join(folder, "peers");
  const certificates = join(folder, "certificates");
  mkdirSync(peers, { recursive: true });
  mkdirSync(certificates, { recursive: true });
  for (const peer of lab.clusters.values()) {
    if (peer === cluster) continue;
    const text = peer.tokenKubeconfig("lab", await requestToken(peer, PEER));
    writeFileSync(join(peers, peer.name), text, { mode: 0o600 });
  }
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, cluster.tokenKubeconfig("lab", await requestToken(cluster, SYNC)), { mode: 0o600 });
  const env = { CLUSTER_NAME: cluster.name, LOG_LEVEL: "debug", ...options.env };
  const launchSync = () =>
    launch(cluster, commandOf("sync", options), env, [
      `--kubeconfig=${kubeconfig}`,
      `--peers-dir=${peers}`,
      `--cert-dir=${certificates}`,
      "--webhook-host=127.0.0.1",
    ]);
  const launchWebhook = () =>
    launch(cluster, commandOf("webhook", options), env, [
      `--cert-dir=${certificates}`,
      `--sync-user=system:serviceaccount:${NAMESPACE}:${SYNC}`,
    ]);
  const agent: Agent = {
    cluster,
    sync: await launchSync(),
    webhook: undefined,
    async launchSync() {
      agent.sync = await launchSync();
    },
    async startSync() {
      await agent.launchSync();
      await untilReady(cluster, agent.sync, SYNC_READY);
    },
    async startWebhook() {
      agent.webhook = await launchWebhook();
      await untilReady(cluster, agent.webhook, WEBHOOK_READY);
    },
  };
  await untilReady(cluster, agent.sync, SYNC_READY);
  if (options.webhook ?? true) await agent.startWebhook();
  return agent;
}

const SYNC_READY = "http://127.0.0.1:8080/readyz";
const WEBHOOK_READY = "https://127.0.0.1:9443/readyz";

/** What Node is started with: the sources, or what ships with the flags that the manifest gives it. */
function commandOf(room: "sync" | "webhook", { built }: InstallOptions): string[] {
  if (!built) return [join(ROOT, room, "main.ts")];
  const manifest = parse(readFileSync(join(ROOT, "manifests/base/deployment.yaml"), "utf8"));
  const containers: { name: string; command: string[] }[] = manifest.spec.template.spec.containers;
  const [, ...command] = containers.find(({ name }) => name === room)?.command ?? [];
  return command.map((part) => part.replace(/^\/app\//, ROOT));
}

function launch(
  cluster: LabCluster,
  command: string[],
  env: Record<string, string>,
  args: string[],
): Promise<LabProcess> {
  const room = basename(dirname(command.at(-1) ?? ""));
  return cluster.spawn(room, process.execPath, [...command, ...args], { env });
}

async function untilReady(cluster: LabCluster, program: LabProcess, readyUrl: string): Promise<void> {
  const probe = await cluster.spawn(`${program.name}-probe`, process.execPath, [
    fileURLToPath(new URL("readiness-probe.ts", import.meta.url)),
    readyUrl,
  ]);
  const first = await Promise.race([probe.exited, program.exited.then(() => undefined)]);
  if (first?.code === 0) return;
  probe.kill("SIGKILL");
  throw new Error(`${program.name} in ${cluster.name} did not become ready:\n${program.logTail(40)}`);
}
