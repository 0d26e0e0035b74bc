import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, createServer, request as requestHttps } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import type { Credential } from "../../lab/certificates.ts";
import { classifyRequest, Exchange, type Operation } from "./exchange.ts";
import { EXPIRED, type Fault } from "./fault.ts";

/** A request as it was counted. */
export interface CountedRequest {
  /** `performance.now()` at its arrival. */
  at: number;
  operation: Operation;
  /** Method and path without query. */
  line: string;
}

interface Injected {
  fault: Fault;
  operations: ReadonlySet<Operation>;
  met: Set<Exchange>;
}

/** An HTTPS server in front of a real API server. It hands everything on as it comes, except where a fault is injected. */
export class FaultProxy {
  /** Every request so far. */
  readonly requests: CountedRequest[] = [];
  readonly #target: URL;
  readonly #agent: Agent;
  readonly #sockets = new Map<number, Socket>();
  readonly #open = new Set<Exchange>();
  readonly #numbers = new Map<Operation, number>();
  #injected: Injected | undefined;
  #port = 0;
  #stop: () => void = () => undefined;

  /** `ca` is that of the server behind. */
  private constructor(target: string, ca: string) {
    this.#target = new URL(target);
    this.#agent = new Agent({ keepAlive: true, ca });
  }

  /** Starts a proxy on a free port of 127.0.0.1 that shows `identity` to its clients. */
  static async start(target: { server: string; ca: string }, identity: Credential): Promise<FaultProxy> {
    const proxy = new FaultProxy(target.server, target.ca);
    const tls = createServer({ ...identity, keepAliveTimeout: 95_000 }, (incoming, outgoing) =>
      proxy.#serve(incoming, outgoing),
    );
    tls.on("secureConnection", (socket) => socket.on("error", () => undefined));
    // A TLS socket cannot be reset; the one below it can.
    const front = createTcpServer((socket) => proxy.#accept(socket, () => tls.emit("connection", socket)));
    await once(front.listen(0, "127.0.0.1"), "listening");
    proxy.#port = (front.address() as AddressInfo).port;
    proxy.#stop = () => front.close();
    return proxy;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  /** Connections accepted so far. */
  connections = 0;

  /** From now on the fault meets these operations, open watches among them too. */
  inject(fault: Fault, ...operations: Operation[]): void {
    this.#injected = { fault, operations: new Set(operations), met: new Set() };
    for (const exchange of this.#open) {
      if (!this.#injected.operations.has(exchange.operation)) continue;
      this.#meet(exchange, this.#injected, () => fault.strike(exchange));
    }
  }

  /** Requests and watches that the fault in force has met. */
  get met(): number {
    return this.#injected?.met.size ?? 0;
  }

  /** Ends the fault. */
  heal(): void {
    const injected = this.#injected;
    this.#injected = undefined;
    for (const exchange of injected?.met ?? []) if (!exchange.over) injected?.fault.heal?.(exchange);
  }

  /** Tells every open watch that its place is gone, so that the client lists again. */
  expireWatches(): void {
    for (const exchange of this.#open) if (exchange.operation === "watching") exchange.conclude(EXPIRED);
  }

  close(): void {
    this.#stop();
    for (const socket of this.#sockets.values()) socket.destroy();
    this.#agent.destroy();
  }

  #accept(socket: Socket, hand: () => void): void {
    const port = socket.remotePort ?? 0;
    this.connections += 1;
    this.#sockets.set(port, socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(port));
    hand();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const socket = this.#sockets.get(request.socket.remotePort ?? 0);
    if (!socket) return;
    response.on("error", () => undefined);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      // The client broke off in the middle of its request.
      return;
    }
    const url = new URL(request.url ?? "/", this.#target);
    const method = request.method ?? "GET";
    const operation = classifyRequest(method, url);
    const number = (this.#numbers.get(operation) ?? 0) + 1;
    this.#numbers.set(operation, number);
    const line = `${method} ${url.pathname}`;
    this.requests.push({ at: performance.now(), operation, line });
    const parts = { operation, line, request, body: Buffer.concat(chunks), number };
    this.#treat(new Exchange(parts, response, socket, (exchange) => this.#forward(exchange)), response);
  }

  #treat(exchange: Exchange, response: ServerResponse): void {
    this.#open.add(exchange);
    response.once("close", () => this.#open.delete(exchange));
    const injected = this.#injected;
    if (injected?.operations.has(exchange.operation)) {
      this.#meet(exchange, injected, () => injected.fault.meet(exchange));
    } else void exchange.pass();
  }

  #meet(exchange: Exchange, injected: Injected, act: () => void): void {
    injected.met.add(exchange);
    act();
  }

  #forward({ request, body }: Exchange): Promise<IncomingMessage> {
    const { host: _host, connection: _connection, "transfer-encoding": _coding, ...kept } = request.headers;
    const headers = { ...kept, ...(body.length > 0 ? { "content-length": body.length } : {}) };
    const url = new URL(request.url ?? "/", this.#target);
    return new Promise((resolve, reject) => {
      const call = requestHttps(url, { method: request.method, headers, agent: this.#agent }, resolve);
      call.on("error", reject);
      call.end(body);
    });
  }
}
