import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { TLSSocket, type TlsOptions } from "node:tls";

export interface SeenRequest {
  method: string;
  /** Path without query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  /** Parsed JSON, undefined without a body. */
  body: unknown;
  /** Number of the connection it came on, from 1. */
  connection: number;
  /** Common name of the client's certificate, where one was asked for and shown. */
  person?: string | undefined;
}

export interface TinyServer {
  url: string;
  port: number;
  requests: SeenRequest[];
  /** Connections ever accepted. */
  connections(): number;
  /** Resets all connections (RST). */
  reset(): void;
  close(): Promise<void>;
}

export type Handler = (request: SeenRequest, response: ServerResponse) => void;

/** An HTTP server on a free port that does what `handler` says, HTTPS with `tls`. */
export async function startTinyServer(handler: Handler, tls?: TlsOptions): Promise<TinyServer> {
  const requests: SeenRequest[] = [];
  const sockets = new Map<Socket, number>();
  let accepted = 0;
  const listener = async (incoming: IncomingMessage, response: ServerResponse) => {
    const url = new URL(incoming.url ?? "/", "http://x");
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const request = {
      method: incoming.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body: text === "" ? undefined : JSON.parse(text),
      connection: sockets.get(incoming.socket) ?? 0,
      person:
        incoming.socket instanceof TLSSocket ? String(incoming.socket.getPeerCertificate()?.subject?.CN) : undefined,
    };
    requests.push(request);
    handler(request, response);
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.keepAliveTimeout = 95_000;
  server.on(tls ? "secureConnection" : "connection", (socket: Socket) => {
    sockets.set(socket, ++accepted);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    port,
    requests,
    connections: () => accepted,
    reset() {
      for (const socket of sockets.keys()) socket.resetAndDestroy();
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export function sendJson(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

export interface StallingProxy {
  url: string;
  /** From now on nothing gets through, neither on old connections nor on new ones, and nobody is told. */
  stall(): void;
  /** New connections work again; those that lived during the stall stay mute for ever. */
  heal(): void;
  close(): Promise<void>;
}

/** A network cut without a word: TCP stays up, bytes are swallowed. */
export async function startStallingProxy(targetPort: number): Promise<StallingProxy> {
  const open = new Set<{ client: Socket; upstream: Socket; mute: boolean }>();
  let stalled = false;
  const server = createTcpServer((client) => {
    const pair = { client, upstream: connect(targetPort, "127.0.0.1"), mute: stalled };
    open.add(pair);
    const { upstream } = pair;
    client.on("data", (data) => void (pair.mute || upstream.write(data)));
    upstream.on("data", (data) => void (pair.mute || client.write(data)));
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on("error", () => undefined);
      from.on("close", () => {
        if (!pair.mute) to.destroy();
      });
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stall() {
      stalled = true;
      for (const pair of open) pair.mute = true;
    },
    heal() {
      stalled = false;
    },
    async close() {
      for (const { client, upstream } of open) {
        client.destroy();
        upstream.destroy();
      }
      server.close();
      await once(server, "close");
    },
  };
}
