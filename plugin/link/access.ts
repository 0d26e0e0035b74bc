/** The account by which a cluster is read. */
import type { KubeClient, WriteOptions } from "../../shared/kube/client.ts";
import { getIfExists } from "../../shared/kube/lookup.ts";
import { pathOf, renderPeerAccess } from "../install/manifests.ts";

/** Makes what is missing of the reading account, and names it as `Kind/name`. Rejects with `ApiError`. */
export async function ensurePeerAccess(client: KubeClient, options: WriteOptions): Promise<string[]> {
  const made: string[] = [];
  for (const object of renderPeerAccess()) {
    const path = pathOf(object);
    if (await getIfExists(client, path, options)) continue;
    await client.create(path.slice(0, path.lastIndexOf("/")), object, options);
    made.push(`${object.kind}/${object.metadata.name}`);
  }
  return made;
}
