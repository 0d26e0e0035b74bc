import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** What a request is to the sync process: `probing` asks whether the server is there, `reading` is any other GET of one object. */
export type Operation = "listing" | "watching" | "writing" | "reading" | "probing";

const COLLECTION = /\/(services|endpointslices|endpoints|namespaces)$/;

/** The operation a request belongs to. */
export function classifyRequest(method: string, url: URL): Operation {
  if (method !== "GET") return "writing";
  if (url.searchParams.get("watch") === "true") return "watching";
  if (url.pathname === "/version") return "probing";
  return COLLECTION.test(url.pathname) ? "listing" : "reading";
}

/** How an exchange reaches the real server; resolves with the head of the answer. */
export type Forward = (exchange: Exchange) => Promise<IncomingMessage>;

/** One request and its answer on their way through the proxy. */
export class Exchange {
  readonly operation: Operation;
  /** Method and path without query. */
  readonly line: string;
  readonly request: IncomingMessage;
  readonly body: Buffer;
  /** Of its operation at this proxy, from 1. */
  readonly number: number;
  /** The request is on its way to the server, or was there. */
  sent = false;
  readonly #response: ServerResponse;
  readonly #socket: Socket;
  readonly #forward: Forward;
  #upstream: IncomingMessage | undefined;
  #dripping: NodeJS.Timeout | undefined;
  #waiting: Buffer[] = [];
  #deliver = (chunk: Buffer) => void this.#response.write(chunk);
  #finish = () => void this.#response.end();

  constructor(
    parts: Pick<Exchange, "operation" | "line" | "request" | "body" | "number">,
    response: ServerResponse,
    socket: Socket,
    forward: Forward,
  ) {
    this.operation = parts.operation;
    this.line = parts.line;
    this.request = parts.request;
    this.body = parts.body;
    this.number = parts.number;
    this.#response = response;
    this.#socket = socket;
    this.#forward = forward;
    response.once("close", () => this.#end());
  }

  /** The answer is complete, or nobody waits for it any more. */
  get over(): boolean {
    return this.#response.closed || this.#response.writableEnded || this.#socket.destroyed;
  }

  /** Sends the request on and the answer back, as far as faults let it. A server that is away resets, as its machine would. */
  async pass(): Promise<void> {
    const upstream = await this.send();
    if (!upstream) return undefined;
    const {
      "content-length": _length,
      "transfer-encoding": _coding,
      connection: _connection,
      ...kept
    } = upstream.headers;
    if (this.over) return void upstream.destroy();
    this.#response.writeHead(upstream.statusCode ?? 500, kept);
    this.#response.flushHeaders();
    upstream.on("data", (chunk: Buffer) => this.#deliver(chunk));
    upstream.on("end", () => this.#finish());
    upstream.on("error", () => this.reset());
  }

  /** Sends the request on; what becomes of the answer is left open. Undefined if no answer came: then the client is told by a reset. */
  async send(): Promise<IncomingMessage | undefined> {
    this.sent = true;
    try {
      this.#upstream = await this.#forward(this);
      return this.#upstream;
    } catch {
      this.reset();
      return undefined;
    }
  }

  /** Breaks the connection (RST). */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Answers in the server's place. */
  answer(status: number, body: object, headers: Record<string, string> = {}): void {
    if (this.over) return;
    this.#response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  }

  /** Ends an answer that is under way in order, after a last line. */
  conclude(lastLine = ""): void {
    this.#response.end(lastLine);
  }

  /** From now on the client hears nothing any more. */
  mute(): void {
    this.#deliver = () => undefined;
    this.#finish = () => undefined;
  }

  /** The next piece of the answer is cut in the middle, and the answer ends there. */
  cut(): void {
    this.#deliver = (chunk) => void this.#response.end(chunk.subarray(0, chunk.length >> 1));
  }

  /** From now on the answer comes `bytes` at a time, every `ms` milliseconds. */
  drip(bytes: number, ms: number): void {
    let ended = false;
    this.#deliver = (chunk) => void this.#waiting.push(chunk);
    this.#finish = () => {
      ended = true;
    };
    this.#dripping = setInterval(() => {
      const held = Buffer.concat(this.#waiting);
      this.#waiting = [held.subarray(bytes)];
      if (held.length > 0) this.#response.write(held.subarray(0, bytes));
      if (ended && held.length <= bytes) this.#response.end();
    }, ms);
    this.#flow = () => {
      this.#deliver = (chunk) => void this.#response.write(chunk);
      this.#finish = () => void this.#response.end();
      this.#response.write(Buffer.concat(this.#waiting));
      if (ended) this.#response.end();
    };
  }

  #flow: () => void = () => undefined;

  /** Ends the dripping: what has come in meanwhile follows at once. */
  flow(): void {
    clearInterval(this.#dripping);
    if (!this.over) this.#flow();
  }

  #end(): void {
    clearInterval(this.#dripping);
    this.#upstream?.destroy();
  }
}
