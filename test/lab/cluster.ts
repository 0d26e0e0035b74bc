import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ApiRequest, type ApiResponse, callOrThrow, connectApi } from "./api-client.ts";
import type { Binaries } from "./binaries/binaries.ts";
import { type ClusterPki, makePki } from "./certificates.ts";
import { ControlPlane, type ControlPlanePorts } from "./control-plane.ts";
import { freePorts } from "./free-ports.ts";
import { renderKubeconfig } from "./kubeconfig.ts";
import { type Meter, type MeterSpec, startMeter } from "./meter.ts";
import { type ClusterAddresses, clusterAddresses, dropFrom, type Network, podAddress } from "./network.ts";
import { createPod, createPodObject, ensureNamespace, type LabPod, type PodObject, type PodSpec } from "./pod.ts";
import {
  type CommandResult,
  type LabProcess,
  type ProcessRoom,
  runCommand,
  type SpawnOptions,
  startProcess,
} from "./process.ts";

/** What a cluster is made from. */
export interface ClusterSpec {
  labId: string;
  /** The lab's folder. */
  labDir: string;
  name: string;
  /** From 1; decides the addresses. */
  number: number;
  binaries: Binaries;
  keep: boolean;
  /** Null where there is no right to make network namespaces: control plane only, on loopback ports. */
  network: Network | null;
}

const FIXED_PORTS: ControlPlanePorts = { api: 6443, etcd: 2379, etcdPeer: 2380, controllerManager: 10257 };

/** One Kubernetes cluster of a lab. */
export class LabCluster {
  readonly name: string;
  readonly number: number;
  /** Such as `v1.20.2`. */
  readonly version: string;
  /** Address of the cluster's host inside the lab's network, such as 10.0.0.1. */
  readonly hostAddress: string;
  /** URL of the API server for callers inside the lab's network, such as https://10.0.0.1:6443. */
  readonly server: string;
  /** URL of the API server for callers outside, on 127.0.0.1. */
  readonly localServer: string;
  readonly podCIDR: string;
  readonly serviceCIDR: string;
  /** The name of the one Node, on which all pods are. */
  readonly nodeName: string;
  /** Name of the network namespace of the cluster's host; null in a lab without network. */
  readonly hostNamespace: string | null;
  /** Folder of the cluster's log files. */
  readonly logDir: string;
  /** Sends a request as administrator; any HTTP status is a result. See `connectApi`. */
  readonly request: ApiRequest;

  readonly #spec: ClusterSpec;
  readonly #pki: ClusterPki;
  readonly #room: ProcessRoom;
  readonly #controlPlane: ControlPlane;
  readonly #cuts = new Map<string, string[]>();
  #pods = 0;

  private constructor(spec: ClusterSpec, hostNamespace: string | null, ports: ControlPlanePorts, localPort: number) {
    const addresses: ClusterAddresses = clusterAddresses(spec.number);
    const advertise = hostNamespace === null ? "127.0.0.1" : addresses.host;
    const names = ["localhost", "127.0.0.1", "kubernetes.default.svc", addresses.kubernetesService, addresses.host];
    this.#spec = spec;
    this.name = spec.name;
    this.number = spec.number;
    this.version = spec.binaries.version;
    this.hostAddress = advertise;
    this.server = `https://${advertise}:${ports.api}`;
    this.localServer = `https://127.0.0.1:${localPort}`;
    this.podCIDR = addresses.podCIDR;
    this.serviceCIDR = addresses.serviceCIDR;
    this.nodeName = `${spec.name}-node`;
    this.hostNamespace = hostNamespace;
    this.logDir = join(spec.labDir, "logs", spec.name);
    this.#pki = makePki(spec.name, names);
    this.#room = { labId: spec.labId, logDir: this.logDir, namespace: hostNamespace, keep: spec.keep };
    this.request = connectApi({ server: this.localServer, ca: this.#pki.ca, user: this.#pki.admin });
    const { binaries, name } = spec;
    const dir = join(spec.labDir, spec.name);
    const common = { name, nodeName: this.nodeName, dir, binaries, addresses, ports, advertise };
    this.#controlPlane = new ControlPlane({ ...common, room: this.#room, pki: this.#pki, request: this.request });
  }

  /** Starts a cluster and returns when its API, controllers and Services work. */
  static async start(spec: ClusterSpec): Promise<LabCluster> {
    if (spec.network === null) {
      const [api = 0, etcd = 0, etcdPeer = 0, controllerManager = 0] = await freePorts(4);
      const cluster = new LabCluster(spec, null, { api, etcd, etcdPeer, controllerManager }, api);
      await cluster.#controlPlane.start();
      return cluster;
    }
    const namespace = await spec.network.attach(spec.name, clusterAddresses(spec.number).host);
    const outside = createServer().listen(0, "127.0.0.1");
    await once(outside, "listening");
    const cluster = new LabCluster(spec, namespace, FIXED_PORTS, (outside.address() as { port: number }).port);
    const script = fileURLToPath(new URL("forwarder.ts", import.meta.url));
    const args = [script, cluster.hostAddress, String(FIXED_PORTS.api)];
    const forwarder = await startProcess(cluster.#room, "forwarder", process.execPath, args, { ipc: true });
    forwarder.child.send("listen", outside);
    await once(forwarder.child, "message");
    outside.close();
    await cluster.#controlPlane.start();
    return cluster;
  }

  /** Certificate authority of the API server, PEM. */
  get ca(): string {
    return this.#pki.ca;
  }

  /** The same in base64, as a kubeconfig holds it. */
  get caData(): string {
    return Buffer.from(this.ca).toString("base64");
  }

  /** Administrator's kubeconfig (YAML) for callers outside (`local`) or inside (`lab`) the lab's network. */
  adminKubeconfig(view: "local" | "lab"): string {
    return renderKubeconfig([this.kubeconfigEntry(view)]);
  }

  /** Kubeconfig (YAML) with a bearer token, for callers outside (`local`) or inside (`lab`) the lab's network. */
  tokenKubeconfig(view: "local" | "lab", token: string): string {
    return renderKubeconfig([{ ...this.kubeconfigEntry(view), user: { token } }]);
  }

  /** The administrator's entry for a kubeconfig of several clusters. */
  kubeconfigEntry(view: "local" | "lab") {
    const server = view === "local" ? this.localServer : this.server;
    return { name: this.name, server, ca: this.#pki.ca, user: this.#pki.admin };
  }

  /** Runs kubectl as administrator, from outside. A non-zero code is a result. */
  kubectl(args: string[], stdin = ""): Promise<CommandResult> {
    const kubeconfig = join(this.#spec.labDir, "kubeconfig");
    return runCommand([this.#spec.binaries.kubectl, `--kubeconfig=${kubeconfig}`, `--context=${this.name}`, ...args], {
      stdin,
    });
  }

  /** Like `request`, but throws on a status of 400 or more that is not among the allowed ones; returns the body. */
  call(method: string, path: string, body?: unknown, allowed: number[] = []): Promise<ApiResponse["body"]> {
    return callOrThrow(this.request, method, path, body, allowed);
  }

  /** Creates a namespace and its default ServiceAccount unless they exist. */
  ensureNamespace(name: string): Promise<void> {
    return ensureNamespace(this.request, name);
  }

  /** Starts a pod with a network address and an HTTP server of its own. Throws in a lab without network. */
  startPod(spec: PodSpec): Promise<LabPod> {
    this.#pods += 1;
    return createPod(spec, podAddress(this.number, this.#pods), `p${this.#pods}`, {
      cluster: this.name,
      nodeName: this.nodeName,
      hostAddress: this.hostAddress,
      request: this.request,
      network: this.#networkOrThrow(),
      room: this.#room,
    });
  }

  /** Creates the object of a pod alone, at any address: nobody answers there. For what reads objects and sends no requests. */
  placePod(spec: PodSpec, ip: string): Promise<PodObject> {
    return createPodObject(spec, ip, this);
  }

  /** Starts sending requests from the cluster's host, through its kube-proxy rules. Throws in a lab without network. */
  startMeter(spec: MeterSpec): Promise<Meter> {
    this.#networkOrThrow();
    const folder = join(this.#spec.labDir, "meters");
    return startMeter(spec, { room: this.#room, folder, api: { ...this.kubeconfigEntry("lab") } });
  }

  /** Starts a command on the cluster's host (in a lab without network: outside). */
  spawn(name: string, command: string, args: string[], options: SpawnOptions = {}): Promise<LabProcess> {
    return startProcess(this.#room, name, command, args, options);
  }

  /** Kills the API server and waits until it is gone; etcd and kube-proxy go on. */
  stopApiServer(): Promise<void> {
    return this.#controlPlane.stopApiServer();
  }

  /** Starts the API server again on the same data and waits until it is ready. */
  startApiServer(): Promise<void> {
    return this.#controlPlane.startApiServer();
  }

  /** Kills etcd, under the API server's feet, and waits until it is gone. The data stays. */
  stopEtcd(): Promise<void> {
    return this.#controlPlane.stopEtcd();
  }

  /** Starts etcd again on the same data and waits until the API server is ready. */
  startEtcd(): Promise<void> {
    return this.#controlPlane.startEtcd();
  }

  /**
   * Drops all packets, in both directions, between the two clusters' hosts (so API calls); with `pods`, also between
   * each host and the other's pods. Throws when they are cut already.
   */
  async cutFrom(other: LabCluster, { pods = false } = {}): Promise<void> {
    this.#networkOrThrow();
    if (this.#cuts.has(other.name)) throw new Error(`${this.name} is cut from ${other.name} already`);
    for (const [near, far] of [
      [this, other],
      [other, this],
    ] as const) {
      const sources = pods ? [far.hostAddress, far.podCIDR] : [far.hostAddress];
      near.#cuts.set(far.name, sources);
      await dropFrom(near.hostNamespace ?? "", sources, true);
    }
  }

  /** Undoes `cutFrom`; does nothing when the two are not cut. */
  async healFrom(other: LabCluster): Promise<void> {
    for (const [near, far] of [
      [this, other],
      [other, this],
    ] as const) {
      const sources = near.#cuts.get(far.name) ?? [];
      near.#cuts.delete(far.name);
      await dropFrom(near.hostNamespace ?? "", sources, false);
    }
  }

  #networkOrThrow(): Network {
    if (this.#spec.network) return this.#spec.network;
    throw new Error("this lab has no network: root is needed for pods, kube-proxy and traffic");
  }
}
