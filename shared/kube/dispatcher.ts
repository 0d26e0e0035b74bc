/** The connection pool of one cluster. */

import { createSecureContext, type SecureContext } from "node:tls";
import { type Dispatcher, Pool, ProxyAgent } from "undici";
import type { ClusterCredentials } from "./credentials.ts";

/** TCP and TLS must be up by then. Lost SYNs are sent again after 1 and 3 s, so 5 s forgives two. */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Idle connections are closed by us after this time. It is shorter than the silence after which a watch is questioned
 * (see `watchdog.ts`), so that after a network cut no reconnection can pick a connection that died unnoticed.
 */
const IDLE_MS = 15_000;

/**
 * Silence after which the kernel asks whether the other end still knows the connection; ten unanswered questions a second
 * apart (libuv's fixed values) end it. So a watch whose connection was forgotten by a firewall or NAT fails after 20 s,
 * even when the cut was too short for anything else to notice.
 */
const KEEP_ALIVE_MS = 10_000;

/**
 * Opens a pool for these credentials; nothing is connected yet. HTTP/1.1 only: HTTP/2 watches leaked memory for others,
 * and one stalled connection would stall every request. undici's own time limits are off: `transport.ts` has deadlines,
 * and a watch may rightly be silent for a minute.
 * Throws an Error on certificates or keys OpenSSL cannot read, and on a proxy that is not HTTP.
 */
export function openDispatcher(credentials: ClusterCredentials): Dispatcher {
  const tls = {
    secureContext: readCertificates(credentials),
    ...(credentials.serverName === undefined ? {} : { servername: credentials.serverName }),
    ...(credentials.insecure ? { rejectUnauthorized: false } : {}),
  };
  const connect = { ...tls, timeout: CONNECT_TIMEOUT_MS, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
  const pool = {
    allowH2: false,
    connect,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  // A pool and no agent: an undici agent that was told to close forgets its pools, and cannot cut the watches in them any more.
  if (credentials.proxyUrl === undefined) return new Pool(new URL(credentials.server).origin, pool);
  if (!/^https?:/.test(credentials.proxyUrl))
    throw new Error("proxy-url: only http:// and https:// proxies are supported");
  return new ProxyAgent({ ...pool, uri: credentials.proxyUrl, requestTls: connect });
}

/** Read once: each connection would read them again, a millisecond of nothing else. */
function readCertificates({ caData, cert, key }: ClusterCredentials): SecureContext {
  try {
    return createSecureContext({
      ...(caData === undefined ? {} : { ca: caData }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
  } catch (error) {
    const where = "certificate-authority-data, client-certificate-data or client-key-data";
    throw new Error(`${where} of the kubeconfig is no PEM that can be used: ${(error as Error).message}`);
  }
}
