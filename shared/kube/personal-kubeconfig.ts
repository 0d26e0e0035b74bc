/**
 * Kubeconfigs of the person (or administrator) who starts a program: trusted, and with every kind of authentication
 * `@kubernetes/client-node` knows. What sync reads goes through `kubeconfig.ts` instead.
 */

import type { RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import type { ClusterCredentials, TokenSource } from "./credentials.ts";

/** The credentials of one context of a kubeconfig given as text. Throws as `credentialsFromKubeConfig` does. */
export async function credentialsFromText(text: string, contextName: string): Promise<ClusterCredentials> {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(text);
  return credentialsFromKubeConfig(kubeConfig, contextName);
}

/**
 * The credentials of one context, of whatever kind: token, client certificate, exec plugin, OIDC, basic. Exec plugins run
 * now, and again when their token has expired or was refused. A client certificate from an exec plugin is asked for once.
 * `podCIDRs` is empty: client-node drops cluster extensions.
 * Throws an Error on an unknown context, cluster or user, and what an exec plugin reports.
 */
export async function credentialsFromKubeConfig(
  kubeConfig: KubeConfig,
  contextName: string,
): Promise<ClusterCredentials> {
  const first = selectContext(kubeConfig, contextName);
  const cluster = first.getCurrentCluster();
  if (!cluster) throw new Error(`context "${contextName}" names a cluster that is not in the kubeconfig`);
  const user = first.getCurrentUser();
  if (!user) throw new Error(`context "${contextName}" names a user that is not in the kubeconfig`);
  const options = await askOptions(first);
  const { authorization, others } = splitHeaders(options);
  const rotates = Boolean(user.exec ?? user.authProvider) && bearer(authorization) !== undefined;
  return {
    server: cluster.server.replace(/\/+$/, ""),
    ...optionalText("caData", options.ca),
    ...optionalText("cert", options.cert),
    ...optionalText("key", options.key),
    ...(rotates ? { token: rotatingToken(kubeConfig, contextName, first) } : fixedToken(authorization)),
    ...(cluster.tlsServerName ? { serverName: cluster.tlsServerName } : {}),
    ...(cluster.skipTLSVerify ? { insecure: true } : {}),
    ...(cluster.proxyUrl ? { proxyUrl: cluster.proxyUrl } : {}),
    headers: { ...others, ...basic(options.auth, authorization) },
    podCIDRs: [],
  };
}

/** A copy whose current context is the wanted one: client-node's authentication knows no other than the current one. */
function selectContext(kubeConfig: KubeConfig, contextName: string): KubeConfig {
  if (!kubeConfig.getContextObject(contextName)) {
    const known = kubeConfig.getContexts().map(({ name }) => name);
    throw new Error(`no context "${contextName}" in the kubeconfig, only: ${known.join(", ") || "none"}`);
  }
  const copy = new KubeConfig();
  copy.clusters = kubeConfig.getClusters();
  copy.users = kubeConfig.getUsers();
  copy.contexts = kubeConfig.getContexts();
  copy.setCurrentContext(contextName);
  return copy;
}

async function askOptions(kubeConfig: KubeConfig): Promise<RequestOptions> {
  const options: RequestOptions = { headers: {} };
  await kubeConfig.applyToHTTPSOptions(options);
  return options;
}

/**
 * client-node keeps an exec plugin's token until it expires, per KubeConfig instance; a refused one needs a new instance.
 */
function rotatingToken(kubeConfig: KubeConfig, contextName: string, first: KubeConfig): TokenSource {
  let current = first;
  return async ({ fresh = false } = {}) => {
    if (fresh) current = selectContext(kubeConfig, contextName);
    return bearer(splitHeaders(await askOptions(current)).authorization);
  };
}

function splitHeaders(options: RequestOptions): { authorization: string | undefined; others: Record<string, string> } {
  const entries = Object.entries(options.headers ?? {}).map(([name, value]) => [name, String(value)] as const);
  const isAuthorization = ([name]: readonly [string, string]) => name.toLowerCase() === "authorization";
  return {
    authorization: entries.find(isAuthorization)?.[1],
    others: Object.fromEntries(entries.filter((entry) => !isAuthorization(entry))),
  };
}

function bearer(authorization: string | undefined): string | undefined {
  return authorization?.match(/^Bearer (.+)$/)?.[1]?.trim();
}

function fixedToken(authorization: string | undefined): { token?: string } {
  const token = bearer(authorization);
  return token === undefined ? {} : { token };
}

function basic(auth: string | null | undefined, authorization: string | undefined): Record<string, string> {
  if (!auth || authorization !== undefined) return {};
  return { authorization: `Basic ${Buffer.from(auth).toString("base64")}` };
}

function optionalText<K extends string>(key: K, value: unknown): { [P in K]?: string } {
  return (value === undefined || value === null ? {} : { [key]: String(value) }) as { [P in K]?: string };
}
