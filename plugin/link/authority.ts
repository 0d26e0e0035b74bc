/** Which authority a peer's kubeconfig has to name. */
import { readFileSync } from "node:fs";
import { SYSTEM_NAMESPACE } from "../../shared/keys.ts";
import type { CallOptions, KubeClient } from "../../shared/kube/client.ts";
import type { KubeObject } from "../../shared/kube/objects.ts";
import { configMaps } from "../../shared/kube/resources.ts";
import { findContext, type Kubeconfig } from "../clusters/kubeconfig.ts";
import { CliError } from "../exit.ts";

/** A cluster entry of the user's kubeconfig as far as it matters here. */
interface ClusterEntry {
  "certificate-authority-data"?: string;
  "certificate-authority"?: string;
  "insecure-skip-tls-verify"?: boolean;
}

/**
 * The authority of a context in the user's kubeconfig, PEM; undefined where that trusts what everybody trusts. A kubeconfig
 * that checks nothing says nothing: then the authority every cluster tells its pods of. Rejects with `ApiError` or `CliError`.
 */
export async function findAuthority(
  config: Kubeconfig,
  context: string,
  client: KubeClient,
  call: CallOptions,
): Promise<string | undefined> {
  const { cluster } = findContext(config, context).context;
  const entry = (config.clusters.find(({ name }) => name === cluster) as { cluster?: ClusterEntry } | undefined)
    ?.cluster;
  if (entry?.["insecure-skip-tls-verify"]) {
    const root = await client.get<KubeObject & { data?: Record<string, string> }>(
      configMaps.one(SYSTEM_NAMESPACE, "kube-root-ca.crt"),
      call,
    );
    return root.data?.["ca.crt"];
  }
  const data = entry?.["certificate-authority-data"];
  if (data) return Buffer.from(data, "base64").toString("utf8");
  const path = entry?.["certificate-authority"];
  return path ? readAuthority(path) : undefined;
}

/** The text of a file. Throws `CliError` if it cannot be read. */
export function readAuthority(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CliError(`certificate authority ${file} cannot be read: ${(error as Error).message}`);
  }
}
