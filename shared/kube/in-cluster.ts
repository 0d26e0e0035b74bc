/** Credentials of a Pod's ServiceAccount. */

import { type Clock, systemClock } from "./clock.ts";
import type { ClusterCredentials, TokenSource } from "./credentials.ts";

/** Where the kubelet mounts them (Kubernetes, "Accessing the API from a Pod"). */
export const SERVICE_ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The kubelet replaces the token at 80 % of its life, one hour by default; client-go looks once a minute too. */
const TOKEN_KEPT_MS = 60_000;

export interface InClusterSources {
  /** Text of a file; rejects if it cannot be read. */
  readFile(path: string): Promise<string>;
  /** `KUBERNETES_SERVICE_HOST`: IP address or name, IPv6 without brackets. */
  host: string | undefined;
  /** `KUBERNETES_SERVICE_PORT`. Default 443. */
  port?: string | undefined;
  /** Default `systemClock`. */
  clock?: Clock;
}

/**
 * Credentials from the Pod we run in. The token is read from its file at most once a minute, so it follows rotation.
 * Throws an Error outside of a Pod, or without the mounted files.
 */
export async function inClusterCredentials(sources: InClusterSources): Promise<ClusterCredentials> {
  const { host, port = "443", readFile, clock = systemClock } = sources;
  if (!host) throw new Error("KUBERNETES_SERVICE_HOST is not set: not running in a Pod. Use --kubeconfig");
  const token = tokenFromFile(`${SERVICE_ACCOUNT_FOLDER}/token`, readFile, clock);
  await token();
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    caData: await readFile(`${SERVICE_ACCOUNT_FOLDER}/ca.crt`),
    token,
    podCIDRs: [],
  };
}

/** A token source that reads `path` again after a minute, or when a fresh token is asked for; a failed read keeps the old one. */
export function tokenFromFile(path: string, readFile: (path: string) => Promise<string>, clock: Clock): TokenSource {
  let kept: { token: string; readAt: number } | undefined;
  return async ({ fresh = false } = {}) => {
    if (kept && !fresh && clock.now() - kept.readAt < TOKEN_KEPT_MS) return kept.token;
    try {
      kept = { token: (await readFile(path)).trim(), readAt: clock.now() };
    } catch (error) {
      // While the kubelet swaps the mounted folder, the file may be missing for a moment.
      if (!kept) throw error;
    }
    return kept.token;
  };
}
