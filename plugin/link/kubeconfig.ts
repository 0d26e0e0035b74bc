/** The kubeconfig by which one cluster reads another: exactly what the sync process accepts. Pure. */
import { stringify } from "yaml";
import { KUBECONFIG_EXTENSION, PEER_ACCOUNT } from "../../shared/keys.ts";
import { parsePlainKubeconfig } from "../../shared/kube/kubeconfig.ts";

export interface PeerEntry {
  /** Name of the cluster it leads to. */
  name: string;
  /** URL of its API server as pods of the reading cluster call it. */
  server: string;
  /** Authority of the server's certificate, PEM; absent: one that everybody trusts. */
  authority?: string | undefined;
  token: string;
  /** Pod networks outside of which its addresses are refused; empty: no such limit. */
  podCIDRs: readonly string[];
}

/** The text of the file. Throws `KubeconfigError` if sync would refuse it. */
export function renderPeerKubeconfig({ name, server, authority, token, podCIDRs }: PeerEntry): string {
  const cluster = {
    server,
    ...(authority === undefined ? {} : { "certificate-authority-data": Buffer.from(authority).toString("base64") }),
    ...(podCIDRs.length
      ? { extensions: [{ name: KUBECONFIG_EXTENSION, extension: { podCIDRs: [...podCIDRs] } }] }
      : {}),
  };
  const text = stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster }],
    users: [{ name: PEER_ACCOUNT, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: PEER_ACCOUNT } }],
  });
  parsePlainKubeconfig(text, name);
  return text;
}

/** When a token ends, in milliseconds since 1970; undefined if it has no end or is no JWT. */
export function tokenEnd(token: string): number | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    const { exp } = (claims ?? {}) as { exp?: unknown };
    return typeof exp === "number" ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
