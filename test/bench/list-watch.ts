/**
 * Lists and watches what a sync process follows, and keeps nothing of it: what a restart takes at least. Ends when the last
 * watch is open. Arguments: file for the moment of that (milliseconds since 1970), kubeconfig of the own cluster, of peers.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createClient, type KubeClient } from "../../shared/kube/client.ts";
import { parsePlainKubeconfig } from "../../shared/kube/kubeconfig.ts";
import { endpointSlices, endpoints, namespaces, services } from "../../shared/kube/resources.ts";

const [resultFile = "", ...files] = process.argv.slice(2);
const never = new AbortController().signal;

async function listAndWatch(client: KubeClient, collection: string): Promise<void> {
  let version = "";
  for await (const page of client.pages(collection)) version = page.resourceVersion;
  await client.stream(`${collection}?watch=true&allowWatchBookmarks=true&resourceVersion=${version}`, never);
}

await Promise.all(
  files.flatMap((file, i) => {
    const client = createClient(parsePlainKubeconfig(readFileSync(file, "utf8"), "floor"), { cluster: "floor" });
    const paths = [services.all, endpointSlices.all, ...(i === 0 ? [endpoints.all, namespaces.all] : [])];
    return paths.map((path) => listAndWatch(client, path));
  }),
);
writeFileSync(resultFile, `${Date.now()}`);
process.exit(0);
