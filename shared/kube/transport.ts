/**
 * Raw JSON requests to one API server over one shared connection pool.
 *
 * undici's `request` is used directly and `@kubernetes/client-node` only for reading people's kubeconfigs. Its generated
 * API decodes into typed models and drops fields it does not know, so that a read and a replace destroy data; it opens a
 * new TLS pool for every call (612 sockets after 1,000 reads) and has no deadline. One pool with plain requests measured
 * 4,433 reads a second against 194.
 */

import { setImmediate as nextTurn } from "node:timers/promises";
import type { Dispatcher } from "undici";
import { readText } from "./answer-text.ts";
import { ApiError, type Asked, errorFromAnswer, errorFromNetwork } from "./api-error.ts";
import type { Clock } from "./clock.ts";
import { type ClusterCredentials, currentToken } from "./credentials.ts";
import { type Deadline, startDeadline } from "./deadline.ts";
import { openDispatcher } from "./dispatcher.ts";
import { REQUEST_MS, takeTurn } from "./turns.ts";
import { reportWarnings } from "./warnings.ts";
import { readEvents, type WatchEvent } from "./watch-stream.ts";

export interface ApiCall {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query below the server's URL. */
  path: string;
  /** Sent as JSON. */
  body?: unknown;
  /** Default `application/json`. */
  contentType?: string;
  /** Milliseconds until the whole answer must be there; for streams, until its headers are there. */
  deadlineMs: number;
  /** Ends the call early; reported as an ApiError with reason `Aborted`. */
  signal?: AbortSignal | undefined;
  /** Streams only: called for every chunk received. */
  onBytes?: (() => void) | undefined;
}

export interface Transport {
  /** Name of the cluster, for messages. */
  readonly cluster: string;
  /** The parsed answer. Throws `ApiError`. */
  send(call: ApiCall): Promise<unknown>;
  /** Resolves when the server accepted the watch. Promise and iteration throw `ApiError`; a clean end ends the iteration. */
  stream(call: ApiCall): Promise<AsyncIterable<WatchEvent>>;
  /** Resolves if the server answers on a fresh connection within `deadlineMs` (any status below 500), else throws `ApiError`. */
  probe(deadlineMs: number): Promise<void>;
  /** See `KubeClient.swap`. */
  swap(credentials: ClusterCredentials): Promise<void>;
  /** Lets running calls end for a moment, then cuts all connections. */
  close(): Promise<void>;
}

export interface TransportOptions {
  cluster: string;
  clock: Clock;
  userAgent: string;
  /** Receives each text of the server's `Warning` headers. */
  onWarning?: ((text: string) => void) | undefined;
  /** Called for each answer. */
  onExchange?: ((exchange: Exchange) => void) | undefined;
}

/** A request and its answer, as far as a log may show them: no headers, no bodies. */
export interface Exchange {
  cluster: string;
  method: string;
  url: string;
  /** HTTP status. */
  status: number;
  /** Milliseconds until the headers of the answer were there. */
  ms: number;
}

/** What one set of credentials opened. */
interface Connection {
  credentials: ClusterCredentials;
  dispatcher: Dispatcher;
  /** Path prefix of the server's URL. */
  prefix: string;
  origin: string;
}

/** Time for running calls to end before a replaced or closed pool is cut; calls have 10 s, watches never end by themselves. */
const GRACE_MS = 10_000;

const PROOF: ApiCall = { method: "GET", path: "/version", deadlineMs: 10_000 };

/** A transport; connects lazily. Throws an Error if the credentials cannot be used (see `openDispatcher`). */
export function createTransport(credentials: ClusterCredentials, options: TransportOptions): Transport {
  let connection = connect(credentials);
  let probing: Promise<void> | undefined;
  return {
    cluster: options.cluster,
    send: (call) => send(connection, call, options),
    stream: (call) => stream(connection, call, options),
    probe(deadlineMs) {
      // Several watches fall silent together: one question answers all of them.
      probing ??= probe(connection.credentials, deadlineMs, options).finally(() => {
        probing = undefined;
      });
      return probing;
    },
    async swap(next) {
      const candidate = connect(next);
      try {
        await send(candidate, PROOF, options);
      } catch (error) {
        void candidate.dispatcher.destroy();
        throw error;
      }
      const old = connection;
      connection = candidate;
      void closeGently(old.dispatcher, options.clock);
    },
    close: () => closeGently(connection.dispatcher, options.clock),
  };
}

function connect(credentials: ClusterCredentials): Connection {
  const url = new URL(credentials.server);
  return {
    credentials,
    dispatcher: openDispatcher(credentials),
    prefix: url.pathname.replace(/\/$/, ""),
    origin: url.origin,
  };
}

async function send(connection: Connection, call: ApiCall, options: TransportOptions): Promise<unknown> {
  try {
    return await sendOnce(connection, call, options, false);
  } catch (error) {
    if (!isStaleToken(connection, error)) throw error;
    return sendOnce(connection, call, options, true);
  }
}

/** Tokens in files and from exec plugins rotate; a refused one may only be outdated. */
function isStaleToken(connection: Connection, error: unknown): boolean {
  return error instanceof ApiError && error.status === 401 && typeof connection.credentials.token === "function";
}

async function sendOnce(connection: Connection, call: ApiCall, options: TransportOptions, fresh: boolean) {
  const asked = { cluster: options.cluster, path: call.path };
  const headers = await headersFor(connection, call, options, fresh);
  const deadline = startDeadline(asked, { clock: options.clock, ms: call.deadlineMs, signal: call.signal });
  try {
    await takeTurn(REQUEST_MS);
    const answer = await ask(connection, call, headers, deadline.signal, options);
    const text = await readText(answer.body);
    reportWarnings(asked, answer, options.onWarning);
    if (answer.statusCode < 200 || answer.statusCode > 299) throw answerError(asked, answer, text);
    // undici sets the connection free in the next turn: who asks again at once shall find it, instead of opening another one.
    await nextTurn();
    await takeTurn();
    return text === "" ? undefined : JSON.parse(text);
  } catch (error) {
    throw deadline.signal.aborted ? deadline.signal.reason : errorFromNetwork(asked, error);
  } finally {
    deadline.cancel();
  }
}

async function stream(connection: Connection, call: ApiCall, options: TransportOptions) {
  const asked = { cluster: options.cluster, path: call.path };
  const headers = await headersFor(connection, call, options, false);
  const deadline = startDeadline(asked, { clock: options.clock, ms: call.deadlineMs, signal: call.signal });
  try {
    const answer = await ask(connection, call, headers, deadline.signal, options);
    deadline.stopTimer();
    reportWarnings(asked, answer, options.onWarning);
    if (answer.statusCode !== 200) throw answerError(asked, answer, await readText(answer.body));
    return translateErrors(readEvents(answer.body, call.onBytes), asked, deadline);
  } catch (error) {
    const reason: unknown = deadline.signal.aborted ? deadline.signal.reason : errorFromNetwork(asked, error);
    deadline.cancel();
    throw reason;
  }
}

async function* translateErrors(events: AsyncIterable<WatchEvent>, asked: Asked, deadline: Deadline) {
  try {
    yield* events;
  } catch (error) {
    throw deadline.signal.aborted ? deadline.signal.reason : errorFromNetwork(asked, error);
  } finally {
    deadline.cancel();
  }
}

async function probe(credentials: ClusterCredentials, deadlineMs: number, options: TransportOptions): Promise<void> {
  const fresh = connect(credentials);
  try {
    await send(fresh, { ...PROOF, deadlineMs }, options);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status === 0 || error.status >= 500) throw error;
  } finally {
    void fresh.dispatcher.destroy();
  }
}

async function ask(
  connection: Connection,
  call: ApiCall,
  headers: RequestHeaders,
  signal: AbortSignal,
  { cluster, clock, onExchange }: TransportOptions,
): Promise<Dispatcher.ResponseData> {
  const { method } = call;
  const [origin, path] = [connection.origin, connection.prefix + call.path];
  const body = call.body === undefined ? null : JSON.stringify(call.body);
  const started = clock.now();
  const answer = await connection.dispatcher.request({ origin, path, method, headers, body, signal });
  onExchange?.({ cluster, method, url: origin + path, status: answer.statusCode, ms: clock.now() - started });
  return answer;
}

type RequestHeaders = Record<string, string | string[]>;

async function headersFor(
  connection: Connection,
  call: ApiCall,
  options: TransportOptions,
  fresh: boolean,
): Promise<RequestHeaders> {
  const token = await currentToken(connection.credentials, fresh).catch((error: unknown) => {
    throw errorFromNetwork({ cluster: options.cluster, path: call.path }, error, "Credentials");
  });
  return {
    accept: "application/json",
    "user-agent": options.userAgent,
    ...(connection.credentials.headers as RequestHeaders | undefined),
    ...(call.body === undefined ? {} : { "content-type": call.contentType ?? "application/json" }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
}

function answerError(asked: Asked, answer: Dispatcher.ResponseData, text: string): ApiError {
  const retryAfter = answer.headers["retry-after"];
  return errorFromAnswer(asked, answer.statusCode, text, typeof retryAfter === "string" ? retryAfter : undefined);
}

async function closeGently(dispatcher: Dispatcher, clock: Clock): Promise<void> {
  const closed = dispatcher.close();
  const cancel = clock.after(GRACE_MS, () => void dispatcher.destroy());
  await closed.catch(() => undefined);
  cancel();
}
