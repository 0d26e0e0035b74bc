/** One error class for everything an API server, or the way to it, can answer. */

/** The `Status` object Kubernetes answers with (apimachinery `meta/v1`). */
export interface Status {
  kind?: string;
  status?: string;
  reason?: string;
  message?: string;
  code?: number;
  details?: StatusDetails;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: { reason?: string; message?: string; field?: string }[];
  retryAfterSeconds?: number;
}

export interface ApiErrorInit {
  /** HTTP status; 0 when no answer came (network, TLS, deadline, abort). */
  status: number;
  /** `Status.reason`, else Node's error code (`ECONNREFUSED`), `Timeout`, `Aborted`, or the HTTP status as text. */
  reason: string;
  /** The server's own words, without credentials. */
  message: string;
  details?: StatusDetails | undefined;
  /** Seconds the server asks us to wait (`Retry-After`, or the Status details). */
  retryAfterSeconds?: number | undefined;
  /** Request path without host. */
  path: string;
  /** Name of the cluster asked. */
  cluster: string;
  cause?: unknown;
}

/** A request that did not succeed. `message` reads `CLUSTER PATH: what happened`. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly path: string;
  readonly cluster: string;

  constructor(init: ApiErrorInit) {
    super(
      `${init.cluster} ${init.path}: ${init.message}`,
      init.cause === undefined ? undefined : { cause: init.cause },
    );
    this.status = init.status;
    this.reason = init.reason;
    this.details = init.details;
    this.retryAfterSeconds = init.retryAfterSeconds;
    this.path = init.path;
    this.cluster = init.cluster;
  }
}

/**
 * What to do about an error: `conflict` read again; `gone` list again; `throttled` wait; `unavailable` (network, 5xx) try
 * later; `unauthorized`, `forbidden` and `invalid` need a person or other content; `fault` is a mistake of ours.
 */
export type ErrorClass =
  | "conflict"
  | "notFound"
  | "alreadyExists"
  | "gone"
  | "throttled"
  | "unauthorized"
  | "forbidden"
  | "invalid"
  | "unavailable"
  | "fault";

const CLASS_OF_STATUS: ReadonlyMap<number, ErrorClass> = new Map([
  [0, "unavailable"],
  [400, "invalid"],
  [401, "unauthorized"],
  [403, "forbidden"],
  [404, "notFound"],
  [408, "unavailable"],
  [409, "conflict"],
  [410, "gone"],
  [413, "invalid"],
  [422, "invalid"],
  [429, "throttled"],
]);

/** The class of any thrown value; what is not an `ApiError` is a fault. */
export function classifyError(error: unknown): ErrorClass {
  if (!(error instanceof ApiError)) return "fault";
  // 409 has two meanings; only the reason tells a taken name from an outdated resourceVersion.
  if (error.status === 409 && error.reason === "AlreadyExists") return "alreadyExists";
  if (error.status >= 500) return "unavailable";
  return CLASS_OF_STATUS.get(error.status) ?? "fault";
}

/** A longer `Retry-After` is not believed: it would leave us blind on one server's word. */
const MAX_RETRY_AFTER_MS = 60_000;

/** Milliseconds the server asked us to wait, at most a minute; 0 if it did not. */
export function retryAfterMs(error: unknown): number {
  if (!(error instanceof ApiError)) return 0;
  return Math.min((error.retryAfterSeconds ?? 0) * 1000, MAX_RETRY_AFTER_MS);
}

/** See `errorFromContent`. */
export const MALFORMED = "Malformed";

/** What a request was about, for its error. */
export interface Asked {
  cluster: string;
  path: string;
}

/** The error in an HTTP answer, whose body may be a Status, plain text (proxies, `404 page not found`) or nothing. */
export function errorFromAnswer(asked: Asked, httpStatus: number, body: string, retryAfter?: string): ApiError {
  const status = parseStatus(body);
  return errorFromStatus(asked, { ...status, code: httpStatus }, body, retryAfterSeconds(retryAfter));
}

/** The error in a Status object, for instance the one inside a watch event of type ERROR. */
export function errorFromStatus(asked: Asked, status: Status, fallbackText = "", retryAfter?: number): ApiError {
  const code = status.code ?? 500;
  const text = status.message || fallbackText.trim().slice(0, 300);
  return new ApiError({
    ...asked,
    status: code,
    reason: status.reason || `${code}`,
    message: text === "" ? `HTTP ${code}` : `${text} (HTTP ${code})`,
    details: status.details,
    retryAfterSeconds: retryAfter ?? status.details?.retryAfterSeconds,
  });
}

/** The error for a request that got no answer. `reason` defaults to the code of the innermost cause. */
export function errorFromNetwork(asked: Asked, cause: unknown, reason?: string): ApiError {
  if (cause instanceof ApiError) return cause;
  const code = reason ?? networkCode(cause);
  const text = cause instanceof Error && cause.message !== "" ? cause.message : String(cause);
  return new ApiError({ ...asked, status: 0, reason: code, message: withoutOpenSsl(text), cause });
}

/**
 * The error for content that no API server sends, such as a list without a version: reason `Malformed`. Like an answer that never
 * came it is of class `unavailable`: no mistake of ours, and nothing to go by.
 */
export function errorFromContent(asked: Asked, cause: unknown): ApiError {
  return errorFromNetwork(asked, cause, MALFORMED);
}

/** OpenSSL names thread, code, function and line of its source around the few words that say what happened. */
function withoutOpenSsl(text: string): string {
  const [, words] = /^[0-9A-F]+:error:[0-9A-F]+:SSL routines:[^:]*:([^:\n]+):/.exec(text) ?? [];
  return words === undefined ? text : `TLS: ${words}`;
}

function networkCode(cause: unknown): string {
  const { code, cause: inner, errors } = (cause ?? {}) as { code?: unknown; cause?: unknown; errors?: unknown[] };
  if (typeof code === "string") return code;
  if (inner !== undefined) return networkCode(inner);
  // Hosts with several addresses fail with an AggregateError, one entry per address.
  return errors?.length ? networkCode(errors[0]) : "Network";
}

function parseStatus(body: string): Status {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && (value as Status).kind === "Status" ? (value as Status) : {};
  } catch {
    return {};
  }
}

/** API servers send whole seconds; the HTTP-date form is not used by them and is ignored. */
function retryAfterSeconds(header: string | undefined): number | undefined {
  return header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined;
}
