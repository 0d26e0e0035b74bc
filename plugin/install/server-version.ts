/** Which Kubernetes a cluster runs. */
import type { CallOptions, KubeClient } from "../../shared/kube/client.ts";
import type { ServerVersion } from "./decision.ts";

/** The answer of `/version`; cloud providers write a minor of `29+`. Rejects with `ApiError`. */
export async function readVersion(client: KubeClient, call: CallOptions): Promise<ServerVersion> {
  const { gitVersion, major, minor } = await client.get<{ gitVersion?: string; major?: string; minor?: string }>(
    "/version",
    call,
  );
  return {
    text: gitVersion ?? `${major}.${minor}`,
    major: Number.parseInt(major ?? "", 10) || 0,
    minor: Number.parseInt(minor ?? "", 10) || 0,
  };
}
