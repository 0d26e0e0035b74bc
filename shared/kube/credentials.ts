/** How to reach one API server and who we are there, whatever kind of file it was read from. */

/**
 * Yields the bearer token of the moment, without "Bearer ". `fresh: true` after the server refused the last one (401):
 * nothing cached may be returned then.
 */
export type TokenSource = (options?: { fresh?: boolean }) => Promise<string | undefined>;

export interface ClusterCredentials {
  /** `https://host[:port][/prefix]` without a trailing slash. */
  readonly server: string;
  /** PEM bundle the server's certificate must chain to; absent: the certificates Node trusts. */
  readonly caData?: string;
  /** Bearer token, fixed or supplied per request. */
  readonly token?: string | TokenSource;
  /** Client certificate, PEM; always together with `key`. */
  readonly cert?: string;
  /** Private key of `cert`, PEM. */
  readonly key?: string;
  /** Pod networks the cluster declares, CIDR notation; empty when it declares none. */
  readonly podCIDRs: readonly string[];
  /** Name to expect in the server's certificate instead of the URL's host. */
  readonly serverName?: string;
  /** Only from a person's own kubeconfig, never from a peer's: the server's certificate is not checked. */
  readonly insecure?: boolean;
  /** Only from a person's own kubeconfig: HTTP CONNECT proxy, `http://` or `https://`. */
  readonly proxyUrl?: string;
  /** Only from a person's own kubeconfig: further headers of every request, such as `Impersonate-Group`; a list is sent as one header a value. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** The token to send now, undefined for a cluster without one. */
export async function currentToken(credentials: ClusterCredentials, fresh = false): Promise<string | undefined> {
  const { token } = credentials;
  return typeof token === "function" ? token({ fresh }) : token;
}
