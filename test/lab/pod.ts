import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type ApiRequest, callOrThrow } from "./api-client.ts";
import type { Network } from "./network.ts";
import { type LabProcess, type ProcessRoom, startProcess } from "./process.ts";

/** A pod to start. */
export interface PodSpec {
  name: string;
  /** Default `default`. Created when absent. */
  namespace?: string;
  labels: Record<string, string>;
  /** Container ports, on each of which the pod answers HTTP. Default one port 8080 named `http`. */
  ports?: { name?: string; port: number }[];
  /** The pod's Ready condition. Default true. */
  ready?: boolean;
  /** With `subdomain` equal to a headless Service's name: the pod has a DNS name of its own. */
  hostname?: string;
  subdomain?: string;
}

/** A running pod: an object in the API and an HTTP server at its address. */
export interface LabPod {
  name: string;
  namespace: string;
  /** IPv4 address. */
  ip: string;
  /** Kills the server at once: connections are refused from now on, the object stays as it is. */
  kill(): Promise<void>;
  /** Sets the Ready condition; the server goes on. */
  setReady(ready: boolean): Promise<void>;
  /** Deletes the object gracefully: it stays, with a deletionTimestamp, and the server goes on until `remove`. */
  terminate(graceSeconds?: number): Promise<void>;
  /** Deletes the object without grace, then server and address: packets to it are lost from now on. */
  remove(): Promise<void>;
}

/** What a pod needs from its cluster. */
export interface PodSurroundings {
  cluster: string;
  nodeName: string;
  hostAddress: string;
  request: ApiRequest;
  network: Network;
  /** Room of the cluster's host; the pod's processes get the same one with a namespace of their own. */
  room: ProcessRoom;
}

function manifest(spec: PodSpec, nodeName: string): object {
  const { name, namespace = "default", labels, hostname, subdomain } = spec;
  const ports = portsOf(spec).map(({ name, port }) => ({ ...(name ? { name } : {}), containerPort: port }));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels },
    spec: {
      nodeName,
      ...(hostname ? { hostname } : {}),
      ...(subdomain ? { subdomain } : {}),
      automountServiceAccountToken: false,
      containers: [{ name: "server", image: "lab/server", ports }],
    },
  };
}

function portsOf(spec: PodSpec): { name?: string; port: number }[] {
  return spec.ports ?? [{ name: "http", port: 8080 }];
}

function status(ip: string, hostIP: string, ready: boolean): object {
  const conditions = ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map((type) => ({
    type,
    status: ready || type === "Initialized" || type === "PodScheduled" ? "True" : "False",
    lastTransitionTime: new Date().toISOString(),
  }));
  const container = {
    name: "server",
    image: "lab/server",
    imageID: "",
    restartCount: 0,
    ready,
    started: true,
    state: { running: { startedAt: new Date().toISOString() } },
  };
  const podIPs = [{ ip }];
  return { status: { phase: "Running", podIP: ip, podIPs, hostIP, conditions, containerStatuses: [container] } };
}

async function startServer(spec: PodSpec, namespace: string, around: PodSurroundings): Promise<LabProcess> {
  const identity = { pod: spec.name, namespace: spec.namespace ?? "default", cluster: around.cluster };
  const ports = portsOf(spec).map(({ port }) => String(port));
  const script = fileURLToPath(new URL("pod-server.ts", import.meta.url));
  const room = { ...around.room, namespace };
  const args = [script, JSON.stringify(identity), ...ports];
  const server = await startProcess(room, `pod-${spec.name}`, process.execPath, args, { ipc: true });
  await Promise.race([
    once(server.child, "message"),
    server.exited.then(() => Promise.reject(new Error(`the server of pod ${spec.name} ended:\n${server.logTail()}`))),
  ]);
  return server;
}

/** Creates the namespace, and the ServiceAccount that Pods in it need, where they are absent. */
export async function ensureNamespace(request: ApiRequest, name: string): Promise<void> {
  const CONFLICT = 409;
  await callOrThrow(request, "POST", "/api/v1/namespaces", { metadata: { name } }, [CONFLICT]);
  const accounts = `/api/v1/namespaces/${name}/serviceaccounts`;
  // The controller manager makes it too, a moment later.
  await callOrThrow(request, "POST", accounts, { metadata: { name: "default" } }, [CONFLICT]);
}

/** A pod as the API has it: an object, and whoever is asked for it. */
export interface PodObject {
  setReady(ready: boolean): Promise<void>;
  /** Deletes the object; with 0 seconds of grace at once. Does nothing if it is gone. */
  remove(gracePeriodSeconds: number): Promise<void>;
}

/** Creates the object of a running pod at an address. */
export async function createPodObject(
  spec: PodSpec,
  ip: string,
  { request, nodeName, hostAddress }: Pick<PodSurroundings, "request" | "nodeName" | "hostAddress">,
): Promise<PodObject> {
  const namespace = spec.namespace ?? "default";
  const NOT_FOUND = 404;
  await ensureNamespace(request, namespace);
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const path = `${pods}/${spec.name}`;
  const setReady = async (ready: boolean): Promise<void> => {
    await callOrThrow(request, "PATCH", `${path}/status`, status(ip, hostAddress, ready));
  };
  await callOrThrow(request, "POST", pods, manifest(spec, nodeName));
  await setReady(spec.ready ?? true);
  return {
    setReady,
    remove: async (gracePeriodSeconds) => {
      await callOrThrow(request, "DELETE", path, { gracePeriodSeconds }, [NOT_FOUND]);
    },
  };
}

/** Starts a pod at an address: first the server, then the object, so that a Ready pod always answers. */
export async function createPod(spec: PodSpec, ip: string, id: string, around: PodSurroundings): Promise<LabPod> {
  const { network, cluster } = around;
  const netns = await network.attach(`${cluster}-${id}-${spec.name}`, ip);
  const server = await startServer(spec, netns, around);
  const object = await createPodObject(spec, ip, around);
  const kill = async (): Promise<void> => {
    server.kill("SIGKILL");
    await server.exited;
  };
  return {
    name: spec.name,
    namespace: spec.namespace ?? "default",
    ip,
    kill,
    setReady: object.setReady,
    terminate: (gracePeriodSeconds = 30) => object.remove(gracePeriodSeconds),
    remove: async () => {
      await object.remove(0);
      await kill();
      await network.detach(netns);
    },
  };
}
