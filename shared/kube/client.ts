/** The verbs of the Kubernetes API on raw JSON objects. */

import { errorFromContent } from "./api-error.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { ClusterCredentials } from "./credentials.ts";
import type { KubeObject } from "./objects.ts";
import { limits, readPages, readWhole, withQuery } from "./pages.ts";
import type { QuotaLimits } from "./quota.ts";
import { translateSlices } from "./slice-transport.ts";
import { type ApiCall, createTransport, type Exchange, type Transport } from "./transport.ts";
import type { WatchEvent } from "./watch-stream.ts";

export interface CallOptions {
  /** Milliseconds until the call fails with reason `Timeout`. Default 10,000 (lists: 30,000 a page). */
  deadlineMs?: number;
  /** Ends the call early with reason `Aborted`. */
  signal?: AbortSignal;
}

export interface WriteOptions extends CallOptions {
  /** Default: the client's. */
  fieldManager?: string;
  /** Everything is checked and nothing is kept. Default false. */
  dryRun?: boolean;
}

export interface RemoveOptions extends WriteOptions {
  /** What happens to dependents. Default: the server's for the kind. */
  propagation?: Propagation;
}

export interface PatchOptions extends WriteOptions {
  /** Server-side apply only: take fields over from other managers. Default false. */
  force?: boolean;
}

export interface ListOptions extends CallOptions {
  labelSelector?: string;
  fieldSelector?: string;
  /** Objects a page; 0: all in one. Default 200. */
  limit?: number;
}

/** How much of a list is waited for and kept; of a server that shall not be trusted, less than the default. */
export interface WholeListOptions extends ListOptions {
  /** More objects, or larger ones, fail the call with reason `QuotaExceeded`. Default: any number. */
  quota?: QuotaLimits | undefined;
  /** Milliseconds for all pages together; one that comes later fails the call with reason `Timeout`. Default 300,000. */
  totalMs?: number;
}

export interface StreamOptions extends CallOptions {
  /** Called for every chunk received, bookmarks and half lines included. */
  onBytes?: () => void;
}

/** One page, or all pages, of a list. Items carry `apiVersion` and `kind` as watch events do. */
export interface ObjectList<T> {
  items: T[];
  /** Where a watch has to start to miss nothing. */
  resourceVersion: string;
}

/** What a delete insists on; a mismatch is an error of class `conflict`. */
export interface Preconditions {
  uid?: string;
  resourceVersion?: string;
}

/** `merge` RFC 7386, `json` RFC 6902, `strategic` and `apply` (server-side apply) as Kubernetes defines them. */
export type PatchType = "merge" | "strategic" | "json" | "apply";

export type Propagation = "Background" | "Foreground" | "Orphan";

/** Every method throws `ApiError`; `classifyError` says what to do about it. Paths come from `resources.ts`. */
export interface KubeClient {
  /** Name of the cluster, for messages. */
  readonly cluster: string;
  get<T = KubeObject>(path: string, options?: CallOptions): Promise<T>;
  /** All pages. If the server forgot where a page was to continue (410), the rest is read again as one list. */
  list<T = KubeObject>(path: string, options?: WholeListOptions): Promise<ObjectList<T>>;
  /** Page by page, for lists that shall not be held in memory whole. Throws class `gone` when the server forgot its place. */
  pages<T = KubeObject>(path: string, options?: ListOptions): AsyncGenerator<ObjectList<T>>;
  create<T = KubeObject>(path: string, body: unknown, options?: WriteOptions): Promise<T>;
  /** PUT: only for objects that are wholly ours. With `metadata.resourceVersion` in the body, races are refused (`conflict`). */
  replace<T = KubeObject>(path: string, body: unknown, options?: WriteOptions): Promise<T>;
  patch<T = KubeObject>(path: string, body: unknown, type: PatchType, options?: PatchOptions): Promise<T>;
  remove(path: string, preconditions?: Preconditions, options?: RemoveOptions): Promise<void>;
  /** A GET whose answer is a stream of watch events; `path` carries `watch=true`. `signal` ends it with reason `Aborted`. */
  stream(path: string, signal: AbortSignal, options?: StreamOptions): Promise<AsyncIterable<WatchEvent>>;
  /** Resolves if the server answers on a fresh connection. Default deadline 5,000 ms. */
  probe(deadlineMs?: number): Promise<void>;
  /**
   * Changes server or credentials: opens a new pool, proves it with a request, and only then uses it; running calls and
   * watches of the old pool have 10 s before they are cut. Throws, with everything as before, when the proof fails.
   */
  swap(credentials: ClusterCredentials): Promise<void>;
  /** Lets running calls end for up to 10 s, then cuts all connections. */
  close(): Promise<void>;
}

export interface ClientOptions {
  /** Name of the cluster, for messages. */
  cluster: string;
  /** Field manager of writes. Default: none is sent, so that Kubernetes derives it from `userAgent`. */
  fieldManager?: string;
  /** Default `kubectl-syndicate`. */
  userAgent?: string;
  /** Receives each text of the server's `Warning` headers. Default: they are dropped. */
  onWarning?: (text: string) => void;
  /** Called for each answer, for logs. */
  onExchange?: (exchange: Exchange) => void;
  /** Default `systemClock`. */
  clock?: Clock;
}

const PROBE_DEADLINE_MS = 5_000;

const CONTENT_TYPES: Readonly<Record<PatchType, string>> = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
  // JSON is YAML; the type with "+json" is unknown before 1.30.
  apply: "application/apply-patch+yaml",
};

/**
 * A client for one cluster with one connection pool; connects lazily. EndpointSlices are always `v1` here.
 * Throws an Error if certificate, key or proxy in the credentials cannot be used.
 */
export function createClient(credentials: ClusterCredentials, options: ClientOptions): KubeClient {
  const { cluster, clock = systemClock, userAgent = "kubectl-syndicate", onWarning, onExchange } = options;
  const transport = translateSlices(createTransport(credentials, { cluster, clock, userAgent, onWarning, onExchange }));
  return { ...readVerbs(transport), ...writeVerbs(transport, options.fieldManager), ...lifecycle(transport) };
}

type ReadVerbs = Pick<KubeClient, "get" | "list" | "pages" | "stream">;
type WriteVerbs = Pick<KubeClient, "create" | "replace" | "patch" | "remove">;

function readVerbs(transport: Transport): ReadVerbs {
  const pages = <T>(path: string, options: ListOptions = {}) => readPages<T>(transport, path, options);
  return {
    get: async <T>(path: string, options: CallOptions = {}) => {
      const answer = await transport.send({ method: "GET", path, ...limits(options) });
      if (typeof answer === "object" && answer !== null) return answer as T;
      // An empty answer must not be taken for "there is none".
      throw errorFromContent({ cluster: transport.cluster, path }, new Error("the answer is no object"));
    },
    list: <T>(path: string, options: WholeListOptions = {}) => readWhole<T>(transport, path, options),
    pages,
    stream: (path, signal, options = {}) =>
      transport.stream({ method: "GET", path, ...limits(options), signal, onBytes: options.onBytes }),
  };
}

function writeVerbs(transport: Transport, defaultManager: string | undefined): WriteVerbs {
  const write = <T>(
    method: ApiCall["method"],
    path: string,
    body: unknown,
    options: PatchOptions,
    type?: PatchType,
  ) => {
    const { fieldManager = defaultManager, dryRun, force } = options;
    const query = { fieldManager, dryRun: dryRun ? "All" : undefined, force: force ? "true" : undefined };
    const contentType = type === undefined ? {} : { contentType: CONTENT_TYPES[type] };
    return transport.send({
      method,
      path: withQuery(path, query),
      body,
      ...contentType,
      ...limits(options),
    }) as Promise<T>;
  };
  return {
    create: (path, body, options = {}) => write("POST", path, body, options),
    replace: (path, body, options = {}) => write("PUT", path, body, options),
    patch: (path, body, type, options = {}) => write("PATCH", path, body, options, type),
    async remove(path, preconditions = {}, options = {}) {
      // With a body, the server ignores the same options in the query.
      const body = {
        apiVersion: "v1",
        kind: "DeleteOptions",
        preconditions,
        ...(options.propagation === undefined ? {} : { propagationPolicy: options.propagation }),
        ...(options.dryRun ? { dryRun: ["All"] } : {}),
      };
      await transport.send({ method: "DELETE", path, body, ...limits(options) });
    },
  };
}

function lifecycle(transport: Transport): Pick<KubeClient, "cluster" | "probe" | "swap" | "close"> {
  return {
    cluster: transport.cluster,
    probe: (deadlineMs = PROBE_DEADLINE_MS) => transport.probe(deadlineMs),
    swap: transport.swap,
    close: transport.close,
  };
}
