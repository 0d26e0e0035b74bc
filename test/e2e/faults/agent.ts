import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts } from "../../lab/free-ports.ts";
import { renderKubeconfig } from "../../lab/kubeconfig.ts";
import type { Lab, LabCluster } from "../../lab/lab.ts";
import { type LabProcess, startProcess } from "../../lab/process.ts";
import { waitFor } from "../waiting.ts";
import type { FaultProxy } from "./proxy.ts";

/** A sync process whose every byte to and from API servers goes through a proxy. */
export interface FaultAgent {
  name: string;
  process: LabProcess;
  /** In front of its own cluster. */
  own: FaultProxy;
  /** In front of its peer. */
  peer: FaultProxy;
  /** Answer of its HTTP server, such as `/metrics`. */
  get(path: string): Promise<{ status: number; text: string }>;
}

export interface AgentOptions {
  lab: Lab;
  /** Process name, also that in the Lease. */
  name: string;
  /** The one namespace that takes part. */
  namespace: string;
  own: { cluster: LabCluster; proxy: FaultProxy; token: string };
  peer: { cluster: LabCluster; proxy: FaultProxy; token: string };
  /** Authority of the proxies' certificate, PEM. */
  ca: string;
}

/** Thirty of them start on two cores, beside whatever else runs there. */
const START_SECONDS = 180;

const PROGRAM = fileURLToPath(new URL("../../../sync/main.ts", import.meta.url));

/** Namespace in which an agent of this namespace keeps its Lease and identity, so that many agents share a cluster. */
export function systemNamespace(namespace: string): string {
  return `${namespace}-system`;
}

/** Starts the real sync program outside of the lab's network and waits until it is ready. */
export async function startFaultAgent({ lab, name, namespace, own, peer, ca }: AgentOptions): Promise<FaultAgent> {
  const folder = join(lab.dir, "agents", name);
  const peers = join(folder, "peers");
  mkdirSync(peers, { recursive: true });
  const write = (file: string, { cluster, proxy, token }: AgentOptions["own"]) =>
    writeFileSync(file, renderKubeconfig([{ name: cluster.name, server: proxy.url, ca, user: { token } }]), {
      mode: 0o600,
    });
  write(join(folder, "kubeconfig"), own);
  write(join(peers, peer.cluster.name), peer);
  const [port = 0, advicePort = 0] = await freePorts(2);
  const room = { labId: lab.id, logDir: join(lab.dir, "logs", "agents"), namespace: null, keep: false };
  const args = [`--kubeconfig=${join(folder, "kubeconfig")}`, `--peers-dir=${peers}`, `--port=${port}`];
  const process_ = await startProcess(room, name, process.execPath, [PROGRAM, ...args, `--advice-port=${advicePort}`], {
    env: {
      CLUSTER_NAME: own.cluster.name,
      NSTOWATCH: namespace,
      POD_NAMESPACE: systemNamespace(namespace),
      POD_NAME: name,
      LOG_LEVEL: "debug",
      NODE_COMPILE_CACHE: join(lab.dir, "compile-cache"),
    },
  });
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  const look = async () => {
    if (!process_.running) throw new Error(`${name} ended:\n${process_.logTail(30)}`);
    // Refused until it listens.
    const { status, text } = await get("/readyz").catch((error: Error) => ({ status: 0, text: error.message }));
    return status === 200 ? { done: undefined } : { seen: `${status} ${text}\n${process_.logTail(10)}` };
  };
  await waitFor(`${name} to be ready`, look, START_SECONDS);
  return { name, process: process_, own: own.proxy, peer: peer.proxy, get };
}
