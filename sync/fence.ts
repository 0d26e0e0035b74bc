/** Writes to the own cluster: for the leader alone, and each of them counted with what became of it. */
import { ApiError, classifyError, type ErrorClass } from "../shared/kube/api-error.ts";
import type { KubeClient } from "../shared/kube/client.ts";

export type WriteVerb = "create" | "update" | "patch" | "delete";

export interface FenceOptions {
  /** Asked before every write: a pass that was under way when the Lease was lost goes no further. */
  isLeader(): boolean;
  /** Hears of every write that was sent: plural of the kind, with `/status` for that subresource. */
  onResult(verb: WriteVerb, resource: string, result: "ok" | ErrorClass): void;
}

/**
 * The client with a gate before every write; reads and watches go on. What is refused rejects with an `ApiError` of class `unavailable`:
 * the key is tried again, and dropped then, as everything is while another process leads.
 */
export function fenceWrites(client: KubeClient, { isLeader, onResult }: FenceOptions): KubeClient {
  const pass = async <T>(verb: WriteVerb, path: string, write: () => Promise<T>): Promise<T> => {
    if (!isLeader()) throw notLeading(client.cluster, path);
    try {
      const stored = await write();
      onResult(verb, resourceOf(path), "ok");
      return stored;
    } catch (error) {
      onResult(verb, resourceOf(path), classifyError(error));
      throw error;
    }
  };
  return {
    ...client,
    create: (path, body, options) => pass("create", path, () => client.create(path, body, options)),
    replace: (path, body, options) => pass("update", path, () => client.replace(path, body, options)),
    patch: (path, body, type, options) => pass("patch", path, () => client.patch(path, body, type, options)),
    remove: (path, preconditions, options) => pass("delete", path, () => client.remove(path, preconditions, options)),
  };
}

function notLeading(cluster: string, path: string): ApiError {
  const message = "not written: this process does not lead any more";
  return new ApiError({ status: 0, reason: "NotLeading", message, path, cluster });
}

/** `services/status` of `/api/v1/namespaces/shop/services/web/status`. */
function resourceOf(path: string): string {
  const [, plural = "", subresource] =
    /^\/apis?\/(?:[^/]+\/)?v\w+\/(?:namespaces\/[^/]+\/)?(\w+)(?:\/[^/]+(?:\/(\w+))?)?$/.exec(path) ?? [];
  return subresource === undefined ? plural : `${plural}/${subresource}`;
}
