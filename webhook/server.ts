/** The HTTPS server: limits against slow or greedy callers, certificate swap, and an end that loses no call. */

import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { KeyPair } from "./certificate.ts";

/** Milliseconds, but for `connections`. */
export interface ServerLimits {
  /**
   * Idle time of a kept connection. API servers keep idle ones for 90 s and cannot repeat a POST that meets a close:
   * Node's 5 s lose up to 24 % of timed calls (measured, docs).
   */
  keepAliveMs: number;
  /** Time for a request's headers, from its first byte; idle connections are not under this limit. */
  headersMs: number;
  /** Time for a whole request. */
  requestMs: number;
  /** How often the two limits above are looked at: Node's 30 s would triple them. */
  checkMs: number;
  /** How long calls are still served after the end was asked for: until every API server knows we are gone. */
  drainMs: number;
  /** How long calls in flight may take after that. */
  finishMs: number;
  /**
   * Most open connections. An API server opens one per call in flight and keeps at most 25 idle ones per webhook address;
   * this leaves room for five API servers in a storm. What bodies may take of the memory is bounded where they are read.
   */
  connections: number;
}

const LIMITS: ServerLimits = {
  keepAliveMs: 95_000,
  headersMs: 15_000,
  requestMs: 30_000,
  checkMs: 1_000,
  drainMs: 3_000,
  finishMs: 5_000,
  connections: 1024,
};

/** Milliseconds for a TLS handshake; Node's 120 s would let idlers hold all connections. */
const HANDSHAKE_MS = 10_000;

export interface WebhookServer {
  /** Listens; resolves with the port. Throws if it is taken. */
  listen(port: number, host?: string): Promise<number>;
  /** Serves new handshakes with this pair; open connections live on. Throws if OpenSSL refuses it: the old one stays. */
  setCertificate(pair: KeyPair): void;
  /** True from the call of `drain` on. */
  isDraining(): boolean;
  /**
   * Ends without losing a call: serves on for `drainMs` with `Connection: close`, so that callers leave by themselves,
   * then takes no more and waits for calls in flight. The same promise for every call.
   */
  drain(): Promise<void>;
}

/** Makes a server that is not listening yet. `limits` override the defaults. */
export function createWebhookServer(
  pair: KeyPair,
  handler: RequestListener,
  limits: Partial<ServerLimits> = {},
): WebhookServer {
  const { keepAliveMs, headersMs, requestMs, checkMs, drainMs, finishMs, connections } = { ...LIMITS, ...limits };
  let ending: Promise<void> | undefined;
  const server = createServer(
    {
      ...tlsOptions(pair),
      handshakeTimeout: HANDSHAKE_MS,
      keepAliveTimeout: keepAliveMs,
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: checkMs,
    },
    (request, response) => {
      if (ending) response.setHeader("Connection", "close");
      handler(request, response);
    },
  );
  server.maxConnections = connections;

  const end = async () => {
    await wait(drainMs);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const force = setTimeout(() => server.closeAllConnections(), finishMs);
    await closed;
    clearTimeout(force);
  };
  return {
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, host, () => {
          server.off("error", reject);
          resolve((server.address() as AddressInfo).port);
        });
      }),
    setCertificate: (next) => server.setSecureContext(tlsOptions(next)),
    isDraining: () => ending !== undefined,
    drain: () => {
      ending ??= end();
      return ending;
    },
  };
}

/** TLS 1.2 is the least that API servers of all supported versions speak, and the least that is safe. */
function tlsOptions({ cert, key }: KeyPair) {
  return { cert, key, minVersion: "TLSv1.2" as const };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
