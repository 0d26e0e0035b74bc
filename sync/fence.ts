/** Writes are for the leader: a pass that was under way when the Lease was lost goes no further. */
import { ApiError } from "../shared/kube/api-error.ts";
import type { KubeClient } from "../shared/kube/client.ts";

/**
 * The client with a gate before every write; reads and watches go on. What is refused rejects with an `ApiError` of class `unavailable`:
 * the key is tried again, and dropped then, as everything is while another process leads.
 */
export function fenceWrites(client: KubeClient, isLeader: () => boolean): KubeClient {
  const check = async (path: string): Promise<void> => {
    if (isLeader()) return;
    const message = "not written: this process does not lead any more";
    throw new ApiError({ status: 0, reason: "NotLeading", message, path, cluster: client.cluster });
  };
  return {
    ...client,
    create: (path, body, options) => check(path).then(() => client.create(path, body, options)),
    replace: (path, body, options) => check(path).then(() => client.replace(path, body, options)),
    patch: (path, body, type, options) => check(path).then(() => client.patch(path, body, type, options)),
    remove: (path, preconditions, options) => check(path).then(() => client.remove(path, preconditions, options)),
  };
}
