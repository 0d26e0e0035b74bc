import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ApiRequest, callOrThrow } from "./api-client.ts";
import type { Binaries } from "./binaries/binaries.ts";
import type { ClusterPki } from "./certificates.ts";
import { renderKubeconfig } from "./kubeconfig.ts";
import type { ClusterAddresses } from "./network.ts";
import { enterNamespace, type LabProcess, type ProcessRoom, runCommand, startProcess } from "./process.ts";

/** Ports of a control plane; fixed inside a namespace of its own, free ones elsewhere. */
export interface ControlPlanePorts {
  api: number;
  etcd: number;
  etcdPeer: number;
  controllerManager: number;
}

/** What a control plane is started from. */
export interface ControlPlaneSpec {
  name: string;
  /** Name of the one Node. */
  nodeName: string;
  dir: string;
  room: ProcessRoom;
  binaries: Binaries;
  pki: ClusterPki;
  addresses: ClusterAddresses;
  ports: ControlPlanePorts;
  /** Address at which the API server is reached by its own controllers and by peers. */
  advertise: string;
  /** Calls the API server from the caller's network namespace. */
  request: ApiRequest;
}

function minorOf(version: string): number {
  return Number(/^v\d+\.(\d+)/.exec(version)?.[1]);
}

/** What newer versions do without being asked: families of Services, terminating pods and nodes in slices. */
const GATES = ["IPv6DualStack", "EndpointSliceTerminatingCondition", "EndpointSliceNodeName"];

/** 1.20 and 1.21 know all of these, and have some off. From 1.22 on they are on, and one by one unknown as gates. */
function gatesOf(version: string): string[] {
  return minorOf(version) < 22 ? [`--feature-gates=${GATES.map((gate) => `${gate}=true`).join()}`] : [];
}

/** Kinds that tests list by label. */
const CACHED = ["services", "endpoints", "pods", "secrets", "configmaps"];

const READY_TIMEOUT = 60_000;
const PROBE_TIMEOUT = 10_000;
const LOOPBACK = "127.0.0.1";

function writeFiles(spec: ControlPlaneSpec): Record<"ca" | "cert" | "key" | "saKey" | "saPub" | "kubeconfig", string> {
  const { dir, pki, name } = spec;
  mkdirSync(dir, { recursive: true });
  const server = `https://${spec.advertise}:${spec.ports.api}`;
  const write = (file: string, text: string) => {
    writeFileSync(join(dir, file), text, { mode: 0o600 });
    return join(dir, file);
  };
  return {
    ca: write("ca.crt", pki.ca),
    cert: write("apiserver.crt", pki.server.cert),
    key: write("apiserver.key", pki.server.key),
    saKey: write("service-account.key", pki.serviceAccountKey),
    saPub: write("service-account.pub", pki.serviceAccountPublicKey),
    kubeconfig: write("control-plane.kubeconfig", renderKubeconfig([{ name, server, ca: pki.ca, user: pki.admin }])),
  };
}

/** Why a probe failed, or undefined. One without an answer is given up, so that a single hung connection costs seconds. */
async function probeOnce(probe: () => Promise<unknown>): Promise<string | undefined> {
  const hung = sleep(PROBE_TIMEOUT, "no answer", { ref: false });
  return Promise.race([hung, probe().then(() => undefined, String)]);
}

/** etcd, API server, controller manager and, inside a network namespace, kube-proxy of one cluster. */
export class ControlPlane {
  readonly #spec: ControlPlaneSpec;
  readonly #files: ReturnType<typeof writeFiles>;
  readonly #processes = new Map<string, LabProcess>();

  constructor(spec: ControlPlaneSpec) {
    this.#spec = spec;
    this.#files = writeFiles(spec);
  }

  /** Starts everything and returns when Services work. Throws with the end of a log when a part does not come up in 60 s. */
  async start(): Promise<void> {
    await this.#runEtcd();
    await this.startApiServer();
    // Before kube-proxy, whose newer versions wait for their Node.
    await this.#createNode();
    await Promise.all([this.#startControllerManager(), this.#spec.room.namespace !== null && this.#startProxy()]);
  }

  /** Starts the API server on the data that is there and returns when it is ready. */
  async startApiServer(): Promise<void> {
    const { ports, addresses } = this.#spec;
    await this.#run("kube-apiserver", this.#spec.binaries.apiServer, [
      `--etcd-servers=http://${LOOPBACK}:${ports.etcd}`,
      `--bind-address=${this.#spec.room.namespace === null ? LOOPBACK : "0.0.0.0"}`,
      `--advertise-address=${this.#spec.advertise}`,
      `--secure-port=${ports.api}`,
      `--tls-cert-file=${this.#files.cert}`,
      `--tls-private-key-file=${this.#files.key}`,
      `--client-ca-file=${this.#files.ca}`,
      `--service-cluster-ip-range=${addresses.serviceCIDR}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${this.#files.saPub}`,
      `--service-account-signing-key-file=${this.#files.saKey}`,
      "--authorization-mode=RBAC",
      "--allow-privileged=true",
      ...gatesOf(this.#spec.binaries.version),
    ]);
    await this.#waitForApiServer();
  }

  /** Kills the API server (as a crash would) and returns when it is gone. The data stays. */
  stopApiServer(): Promise<void> {
    return this.#kill("kube-apiserver");
  }

  /** Kills etcd and returns when it is gone. The data stays. */
  stopEtcd(): Promise<void> {
    return this.#kill("etcd");
  }

  /** Starts etcd on the data that is there and returns when the API server is ready (again). */
  async startEtcd(): Promise<void> {
    await this.#runEtcd();
    await this.#waitForApiServer();
  }

  /** From 1.31 on a server that calls itself ready refuses lists with a selector (429) until the cache of that kind is filled. */
  async #waitForApiServer(): Promise<void> {
    const { request } = this.#spec;
    await this.#waitFor("kube-apiserver", async () => {
      await callOrThrow(request, "GET", "/readyz");
      for (const kind of CACHED) await callOrThrow(request, "GET", `/api/v1/${kind}?labelSelector=none`);
      const { preferredVersion } = await callOrThrow(request, "GET", "/apis/discovery.k8s.io");
      await callOrThrow(request, "GET", `/apis/${preferredVersion.groupVersion}/endpointslices?labelSelector=none`);
    });
  }

  async #kill(name: string): Promise<void> {
    const process = this.#processes.get(name);
    process?.kill("SIGKILL");
    await process?.exited;
  }

  async #createNode(): Promise<void> {
    const { request, nodeName, advertise } = this.#spec;
    await callOrThrow(request, "POST", "/api/v1/nodes", { metadata: { name: nodeName } });
    const now = new Date().toISOString();
    const ready = { type: "Ready", status: "True", reason: "Lab", lastHeartbeatTime: now, lastTransitionTime: now };
    await callOrThrow(request, "PATCH", `/api/v1/nodes/${nodeName}/status`, {
      status: { conditions: [ready], addresses: [{ type: "InternalIP", address: advertise }] },
    });
  }

  async #runEtcd(): Promise<void> {
    const { ports, dir, binaries } = this.#spec;
    const client = `http://${LOOPBACK}:${ports.etcd}`;
    const peer = `http://${LOOPBACK}:${ports.etcdPeer}`;
    await this.#run("etcd", binaries.etcd, [
      `--data-dir=${join(dir, "etcd")}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      "--unsafe-no-fsync",
    ]);
  }

  async #startControllerManager(): Promise<void> {
    await this.#run("kube-controller-manager", this.#spec.binaries.controllerManager, [
      `--kubeconfig=${this.#files.kubeconfig}`,
      `--service-account-private-key-file=${this.#files.saKey}`,
      `--root-ca-file=${this.#files.ca}`,
      "--leader-elect=false",
      `--bind-address=${LOOPBACK}`,
      `--secure-port=${this.#spec.ports.controllerManager}`,
      // No kubelet renews the nodes' leases; without this every Pod becomes unready after a minute.
      "--node-monitor-grace-period=8760h",
      // Older versions also listen on a second, fixed port; newer ones do not know the flag.
      ...(minorOf(this.#spec.binaries.version) < 24 ? ["--port=0"] : []),
      ...gatesOf(this.#spec.binaries.version),
    ]);
    const account = "/api/v1/namespaces/default/serviceaccounts/default";
    await this.#waitFor("kube-controller-manager", () => callOrThrow(this.#spec.request, "GET", account));
  }

  async #startProxy(): Promise<void> {
    const { nodeName, addresses, binaries, room } = this.#spec;
    await this.#run("kube-proxy", binaries.proxy, [
      `--kubeconfig=${this.#files.kubeconfig}`,
      "--proxy-mode=iptables",
      `--hostname-override=${nodeName}`,
      // All of the flat network: kube-proxy would hide hosts' requests behind random ports otherwise, and a pod that still
      // remembers such a port of a minute ago drops the connection: one request in 10,000 at 800 a second.
      "--cluster-cidr=10.0.0.0/8",
      `--bind-address=${LOOPBACK}`,
      // A network namespace may not change the machine's connection tracking.
      "--conntrack-max-per-core=0",
      "--conntrack-tcp-timeout-established=0s",
      "--conntrack-tcp-timeout-close-wait=0s",
      // Which Services and endpoints it knew at what moment: what a lost request comes down to.
      "--v=4",
    ]);
    const rules = enterNamespace(room.namespace, ["iptables", "-w", "-t", "nat", "-S", "KUBE-SERVICES"]);
    await this.#waitFor("kube-proxy", async () => {
      const { stdout } = await runCommand(rules);
      if (!stdout.includes(addresses.kubernetesService)) throw new Error("no rule for the Service kubernetes");
    });
  }

  async #run(name: string, command: string, args: string[]): Promise<void> {
    this.#processes.set(name, await startProcess(this.#spec.room, name, command, args));
  }

  /** Repeats a probe until it does not reject. Throws when the process has ended or after 60 s. */
  async #waitFor(name: string, probe: () => Promise<unknown>): Promise<void> {
    const deadline = Date.now() + READY_TIMEOUT;
    for (;;) {
      // Refused connections are what waiting for a server looks like; they end with the deadline.
      const failure = await probeOnce(probe);
      if (failure === undefined) return;
      const process = this.#processes.get(name);
      if (!process?.running || Date.now() > deadline) {
        const what = process?.running ? `is not ready after 60 s (${failure})` : "ended";
        throw new Error(`${this.#spec.name}: ${name} ${what}; log ${process?.logFile}:\n${process?.logTail()}`);
      }
      await sleep(100);
    }
  }
}
