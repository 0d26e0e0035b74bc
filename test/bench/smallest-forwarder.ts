/**
 * The least that can copy slices between two clusters: one watch, one write for each event, over kept-alive connections.
 * No cache, no retry, no relist, no check of anything: nobody could run it, but nobody can be faster. It sets the floor.
 * A watch that the server ends is opened again where it was: servers end those that read too slowly for a tenth of a second.
 */
import { readFileSync } from "node:fs";
import { Agent } from "undici";
import { parsePlainKubeconfig } from "../../shared/kube/kubeconfig.ts";

interface Slice {
  metadata: { name: string; namespace: string; labels: Record<string, string>; resourceVersion: string };
}

const [sourceFile = "", targetFile = "", api = "", namespace = ""] = process.argv.slice(2);
const [source, target] = [sourceFile, targetFile].map((file) => {
  const { server, caData, cert, key } = parsePlainKubeconfig(readFileSync(file, "utf8"), "floor");
  const tls = { ...(caData ? { ca: caData } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
  const pool = { allowH2: false, connections: 32, connect: tls, headersTimeout: 0, bodyTimeout: 0 };
  return { server, agent: new Agent(pool) };
});
if (!source || !target) throw new Error("usage: SOURCE-KUBECONFIG TARGET-KUBECONFIG API NAMESPACE");
const collection = `${api}/namespaces/${namespace}/endpointslices`;
const headers = { accept: "application/json", "content-type": "application/json" };

async function forward(type: string, slice: Slice): Promise<void> {
  const { name, labels } = slice.metadata;
  const body = JSON.stringify({ ...slice, metadata: { name, namespace, labels } });
  const created = type === "ADDED";
  const path = created ? collection : `${collection}/${name}`;
  const request = { origin: target?.server ?? "", path, headers, body, method: created ? "POST" : "PUT" } as const;
  const answer = await target?.agent.request(request);
  await answer?.body.dump();
}

for (let version = ""; ; ) {
  const path = `${collection}?watch=true&timeoutSeconds=3600${version && `&resourceVersion=${version}`}`;
  const { body } = await source.agent.request({ origin: source.server, path, headers, method: "GET" });
  let rest = "";
  body.setEncoding("utf8");
  for await (const chunk of body) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const { type, object } = JSON.parse(line) as { type: string; object: Slice };
      if (type !== "ADDED" && type !== "MODIFIED") throw new Error(line);
      version = object.metadata.resourceVersion;
      void forward(type, object);
    }
  }
}
