import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { ClusterEvents } from "../../sync/cluster-events.ts";
import { Peers, type PeersOptions } from "../../sync/peers.ts";
import { until } from "../shared/kube/reflector-setup.ts";
import { makeCertificate } from "../shared/kube/test-certificates.ts";
import { sendJson, startTinyServer, type TinyServer } from "../shared/kube/tiny-server.ts";

const certificate = makeCertificate("peer");

/** A cluster that is empty, says its uid to whoever asks, and may refuse to. */
export interface PeerServer {
  server: TinyServer;
  uid: string;
  /** Status in place of the uid; undefined: none. */
  refuse: number | undefined;
  /** How often it was asked for its uid. */
  asked: number;
  kubeconfig: string;
}

export async function startPeerServer(t: TestContext, uid: string): Promise<PeerServer> {
  const server = await startTinyServer(({ path, query }, response) => {
    if (query.has("watch")) return void response.writeHead(200).flushHeaders();
    if (path === "/apis/discovery.k8s.io") return sendJson(response, { versions: [{ version: "v1" }] });
    if (path.includes("/configmaps/")) return sendJson(response, { kind: "Status", details: { name: "x" } }, 404);
    if (!path.endsWith("/namespaces/kube-system"))
      return sendJson(response, { kind: "List", metadata: { resourceVersion: "1" }, items: [] });
    peer.asked += 1;
    sendJson(response, { metadata: { name: "kube-system", uid: peer.uid } }, peer.refuse ?? 200);
  }, certificate);
  t.after(() => server.close());
  const peer: PeerServer = { server, uid, refuse: undefined, asked: 0, kubeconfig: kubeconfigOf(server.url) };
  return peer;
}

function kubeconfigOf(url: string): string {
  const authority = Buffer.from(certificate.cert).toString("base64");
  return JSON.stringify({
    "current-context": "peer",
    clusters: [{ name: "peer", cluster: { server: url, "certificate-authority-data": authority } }],
    contexts: [{ name: "peer", context: { cluster: "peer", user: "peer" } }],
    users: [{ name: "peer", user: { token: "t" } }],
  });
}

/** Peers of east in a folder of these files, looked at all the time. */
export async function startPeers(t: TestContext, files: Record<string, string>, options: Partial<PeersOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "peers-"));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  const told: string[] = [];
  let ended = 0;
  /** North has no file: whether it was taken off the list is the last thing that each look asks. */
  const load = async () => {
    ended += 1;
    return new Map([["north", "u-north"]]);
  };
  const events = { scope: { watch: [], exclude: [] }, onReadable() {}, onError() {} } as unknown as ClusterEvents;
  const peers = new Peers({
    folder,
    namespace: "ours",
    ownName: "east",
    ownUid: Promise.resolve("u-east"),
    known: { load, keep: async () => {} },
    quota: { objects: 100, bytes: 100_000 },
    pollMs: 5,
    forgotten: () => new Set(),
    events: () => events,
    onPeers() {},
    onRefused: (name, reason) => void told.push(`${name} refused: ${reason}`),
    onUnchecked: (name, reason) => void told.push(`${name} unchecked: ${reason}`),
    onError: (error) => void told.push(`error: ${(error as Error).message}`),
    ...options,
  });
  t.after(async () => {
    await peers.stop();
    rmSync(folder, { recursive: true });
  });
  await peers.start(Promise.resolve());
  /** A whole look at the folder that begins after this. */
  const look = async () => {
    const before = ended;
    await until(() => ended > before + 1, "two ends of looks");
  };
  return { peers, told, look, write };
}
