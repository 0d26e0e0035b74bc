/**
 * Makes writes as they stand in a file, one JSON document a line, in their order and with 32 on their way at a time: what
 * sync's client and an API server can do when nothing has to be decided. Two writes of one key follow each other.
 * Arguments: kubeconfig, file of the writes, file for the milliseconds they took.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createClient, type PatchType } from "../../shared/kube/client.ts";
import { parsePlainKubeconfig } from "../../shared/kube/kubeconfig.ts";
import type { KubeObject } from "../../shared/kube/objects.ts";

/** One write. */
export interface RawWrite {
  key: string;
  method: "create" | "patch";
  path: string;
  body: KubeObject | { status: object };
  /** Of a patch. */
  type?: PatchType;
}

const IN_FLIGHT = 32;
const [kubeconfig = "", writesFile = "", resultFile = ""] = process.argv.slice(2);
const client = createClient(parsePlainKubeconfig(readFileSync(kubeconfig, "utf8"), "floor"), { cluster: "floor" });
const lines = readFileSync(writesFile, "utf8").trim().split("\n");

/** uid of the Service made for a key: the server chose it, and what belongs to the Service names it. */
const uids = new Map<string, string>();
const last = new Map<string, Promise<void>>();

async function make({ key, method, path, body, type = "merge" }: RawWrite): Promise<void> {
  if ("metadata" in body) for (const owner of body.metadata.ownerReferences ?? []) owner.uid = uids.get(key) ?? "";
  const stored = await (method === "create" ? client.create(path, body) : client.patch(path, body, type));
  if (method === "create" && !uids.has(key)) uids.set(key, stored.metadata.uid ?? "");
}

const started = performance.now();
const running = new Set<Promise<void>>();
for (const line of lines) {
  const write = JSON.parse(line) as RawWrite;
  if (running.size >= IN_FLIGHT) await Promise.race(running);
  const done = (last.get(write.key) ?? Promise.resolve()).then(() => make(write));
  last.set(write.key, done);
  running.add(done);
  void done.finally(() => running.delete(done));
}
await Promise.all(running);
writeFileSync(resultFile, `${performance.now() - started}`);
process.exit(0);
