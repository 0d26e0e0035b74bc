import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  ApiError,
  classifyError,
  type ErrorClass,
  errorFromAnswer,
  errorFromNetwork,
  errorFromStatus,
  retryAfterMs,
} from "../../../shared/kube/api-error.ts";

const asked = { cluster: "east", path: "/api/v1/namespaces/shop/services/cart" };

/** A Status as kube-apiserver sends it. */
function status(code: number, reason: string, message: string, details: object = {}): string {
  return JSON.stringify({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    details,
    code,
  });
}

/** Answers copied from kube-apiserver 1.20 and 1.36. */
const answers: { name: string; status: number; body: string; retryAfter?: string; expected: ErrorClass }[] = [
  {
    name: "outdated resourceVersion",
    status: 409,
    body: status(
      409,
      "Conflict",
      'Operation cannot be fulfilled on services "cart": the object has been modified; please apply your changes to the latest version and try again',
      { name: "cart", kind: "services" },
    ),
    expected: "conflict",
  },
  {
    name: "delete of another incarnation",
    status: 409,
    body: status(409, "Conflict", "Precondition failed: UID in precondition: 1, UID in object meta: 2"),
    expected: "conflict",
  },
  {
    name: "server-side apply conflict",
    status: 409,
    body: status(409, "Conflict", 'Apply failed with 1 conflict: conflict with "kubectl": .spec.ports'),
    expected: "conflict",
  },
  {
    name: "taken name",
    status: 409,
    body: status(409, "AlreadyExists", 'services "cart" already exists', { name: "cart", kind: "services" }),
    expected: "alreadyExists",
  },
  {
    name: "missing object",
    status: 404,
    body: status(404, "NotFound", 'services "cart" not found', { name: "cart", kind: "services" }),
    expected: "notFound",
  },
  { name: "missing path, in plain text", status: 404, body: "404 page not found\n", expected: "notFound" },
  {
    name: "compacted continue token",
    status: 410,
    body: status(410, "Expired", "The provided continue parameter is too old to display a consistent list result."),
    expected: "gone",
  },
  {
    name: "priority and fairness",
    status: 429,
    body: "Too many requests, please try again later.",
    retryAfter: "1",
    expected: "throttled",
  },
  {
    name: "storage is starting",
    status: 429,
    body: status(429, "TooManyRequests", "storage is (re)initializing", { retryAfterSeconds: 1 }),
    expected: "throttled",
  },
  { name: "bad token", status: 401, body: status(401, "Unauthorized", "Unauthorized"), expected: "unauthorized" },
  {
    name: "no rights",
    status: 403,
    body: status(
      403,
      "Forbidden",
      'services is forbidden: User "peer" cannot list resource "services" in API group ""',
    ),
    expected: "forbidden",
  },
  {
    name: "ending namespace",
    status: 403,
    body: status(403, "Forbidden", "unable to create new content in namespace shop because it is being terminated", {
      causes: [{ reason: "NamespaceTerminating", field: "metadata.namespace" }],
    }),
    expected: "forbidden",
  },
  {
    name: "invalid field",
    status: 422,
    body: status(422, "Invalid", 'Service "cart" is invalid: spec.clusterIPs[0]: Invalid value: "x"'),
    expected: "invalid",
  },
  { name: "bad request", status: 400, body: status(400, "BadRequest", "unknown field"), expected: "invalid" },
  {
    name: "too large",
    status: 413,
    body: status(413, "RequestEntityTooLarge", "limit is 3145728"),
    expected: "invalid",
  },
  {
    name: "webhook does not answer",
    status: 500,
    body: status(
      500,
      "InternalError",
      'Internal error occurred: failed calling webhook "x": context deadline exceeded',
    ),
    expected: "unavailable",
  },
  {
    name: "etcd lost its leader",
    status: 500,
    body: status(500, "ServerTimeout", "etcdserver: leader changed", { retryAfterSeconds: 2 }),
    expected: "unavailable",
  },
  { name: "proxy without backend", status: 502, body: "<html>Bad Gateway</html>", expected: "unavailable" },
  {
    name: "shutting down",
    status: 503,
    body: status(503, "ServiceUnavailable", "apiserver is shutting down"),
    expected: "unavailable",
  },
  {
    name: "slow storage",
    status: 504,
    body: status(504, "Timeout", "Timeout: request did not complete"),
    expected: "unavailable",
  },
  {
    name: "wrong verb",
    status: 405,
    body: status(405, "MethodNotAllowed", "the server does not allow this method"),
    expected: "fault",
  },
  {
    name: "wrong content type",
    status: 415,
    body: status(415, "UnsupportedMediaType", "the body was in an unknown format"),
    expected: "fault",
  },
  { name: "redirect", status: 302, body: "", expected: "fault" },
];

describe("answers of an API server", () => {
  for (const { name, status: code, body, retryAfter, expected } of answers) {
    test(`${code} ${name}: ${expected}`, () => {
      const error = errorFromAnswer(asked, code, body, retryAfter);
      assert.equal(classifyError(error), expected);
      assert.equal(error.status, code);
      assert.ok(error.message.startsWith("east /api/v1/namespaces/shop/services/cart: "), error.message);
    });
  }

  test("the server's words, reason and details are kept", () => {
    const error = errorFromAnswer(asked, 404, status(404, "NotFound", 'services "cart" not found', { name: "cart" }));
    assert.equal(error.reason, "NotFound");
    assert.equal(error.details?.name, "cart");
    assert.equal(error.message, `${asked.cluster} ${asked.path}: services "cart" not found (HTTP 404)`);
  });

  test("the HTTP status counts, not the one in the body", () => {
    assert.equal(errorFromAnswer(asked, 503, status(200, "", "fine")).status, 503);
  });
});

const networkErrors: { name: string; cause: unknown; reason: string }[] = [
  {
    name: "refused",
    cause: Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }),
    reason: "ECONNREFUSED",
  },
  {
    name: "cut in the middle",
    cause: Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" }),
    reason: "UND_ERR_SOCKET",
  },
  {
    name: "wrapped",
    cause: new TypeError("terminated", { cause: Object.assign(new Error("x"), { code: "ECONNRESET" }) }),
    reason: "ECONNRESET",
  },
  {
    name: "several addresses",
    cause: new AggregateError([Object.assign(new Error("x"), { code: "EHOSTUNREACH" })]),
    reason: "EHOSTUNREACH",
  },
  {
    name: "unknown certificate",
    cause: Object.assign(new Error("self-signed"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }),
    reason: "DEPTH_ZERO_SELF_SIGNED_CERT",
  },
  { name: "not an error", cause: "boom", reason: "Network" },
];

describe("no answer", () => {
  for (const { name, cause, reason } of networkErrors) {
    test(`${name}: unavailable`, () => {
      const error = errorFromNetwork(asked, cause);
      assert.equal(classifyError(error), "unavailable");
      assert.equal(error.status, 0);
      assert.equal(error.reason, reason);
    });
  }

  test("an ApiError passes unchanged", () => {
    const error = errorFromAnswer(asked, 404, "");
    assert.equal(errorFromNetwork(asked, error), error);
  });
});

describe("inside a watch", () => {
  test("an expired resourceVersion is gone", () => {
    const error = errorFromStatus(asked, {
      kind: "Status",
      code: 410,
      reason: "Expired",
      message: "too old resource version: 1 (9)",
    });
    assert.equal(classifyError(error), "gone");
  });

  test("a Status without code is unavailable", () => {
    assert.equal(classifyError(errorFromStatus(asked, {})), "unavailable");
  });
});

test("what is not an ApiError is a fault", () => {
  for (const value of [new TypeError("x"), undefined, null, { status: 404 }, "404"]) {
    assert.equal(classifyError(value), "fault");
  }
});

describe("how long to wait", () => {
  const init = { ...asked, status: 429, reason: "x", message: "x" };
  const rows: [string, unknown, number][] = [
    ["header", errorFromAnswer(asked, 429, "", "3"), 3000],
    ["details", errorFromAnswer(asked, 500, status(500, "ServerTimeout", "x", { retryAfterSeconds: 2 })), 2000],
    ["header before details", errorFromAnswer(asked, 429, status(429, "x", "x", { retryAfterSeconds: 9 }), "4"), 4000],
    ["a date is ignored", errorFromAnswer(asked, 503, "", "Wed, 21 Oct 2026 07:28:00 GMT"), 0],
    ["not asked", new ApiError(init), 0],
    ["too long", new ApiError({ ...init, retryAfterSeconds: 86_400 }), 60_000],
    ["another error", new Error("x"), 0],
  ];
  for (const [name, error, expected] of rows) test(name, () => assert.equal(retryAfterMs(error), expected));
});
