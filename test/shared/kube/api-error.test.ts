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

/** Answers of kube-apiserver 1.20 and 1.36, and of what stands before it: name, HTTP status, body, class. */
const answers: [name: string, code: number, body: string, expected: ErrorClass][] = [
  ["outdated resourceVersion", 409, status(409, "Conflict", "the object has been modified"), "conflict"],
  [
    "delete of another incarnation",
    409,
    status(409, "Conflict", "Precondition failed: UID in precondition"),
    "conflict",
  ],
  ["apply conflict", 409, status(409, "Conflict", 'Apply failed with 1 conflict: conflict with "kubectl"'), "conflict"],
  ["taken name", 409, status(409, "AlreadyExists", 'services "cart" already exists'), "alreadyExists"],
  ["missing object", 404, status(404, "NotFound", 'services "cart" not found', { name: "cart" }), "notFound"],
  ["missing path, in plain text", 404, "404 page not found\n", "notFound"],
  ["compacted continue token", 410, status(410, "Expired", "The provided continue parameter is too old"), "gone"],
  ["priority and fairness", 429, "Too many requests, please try again later.", "throttled"],
  ["storage is starting", 429, status(429, "TooManyRequests", "storage is (re)initializing"), "throttled"],
  ["bad token", 401, status(401, "Unauthorized", "Unauthorized"), "unauthorized"],
  ["no rights", 403, status(403, "Forbidden", 'User "peer" cannot list resource "services"'), "forbidden"],
  ["ending namespace", 403, status(403, "Forbidden", "it is being terminated"), "forbidden"],
  ["invalid field", 422, status(422, "Invalid", 'Service "cart" is invalid: spec.clusterIPs[0]'), "invalid"],
  ["bad request", 400, status(400, "BadRequest", "unknown field"), "invalid"],
  ["too large", 413, status(413, "RequestEntityTooLarge", "limit is 3145728"), "invalid"],
  ["webhook does not answer", 500, status(500, "InternalError", "failed calling webhook"), "unavailable"],
  ["etcd lost its leader", 500, status(500, "ServerTimeout", "etcdserver: leader changed"), "unavailable"],
  ["proxy without backend", 502, "<html>Bad Gateway</html>", "unavailable"],
  ["shutting down", 503, status(503, "ServiceUnavailable", "apiserver is shutting down"), "unavailable"],
  ["slow storage", 504, status(504, "Timeout", "Timeout: request did not complete"), "unavailable"],
  ["wrong verb", 405, status(405, "MethodNotAllowed", "the server does not allow this method"), "fault"],
  ["wrong content type", 415, status(415, "UnsupportedMediaType", "unknown format"), "fault"],
  ["redirect", 302, "", "fault"],
];

describe("answers of an API server", () => {
  for (const [name, code, body, expected] of answers) {
    test(`${code} ${name}: ${expected}`, () => {
      const error = errorFromAnswer(asked, code, body);
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

  test("of what OpenSSL says, the words remain", () => {
    const text =
      "402D:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../deps/openssl/x.c:77:\n";
    const plain = "SSL routines: something else";
    assert.match(errorFromNetwork(asked, new Error(text)).message, /: TLS: wrong version number$/);
    assert.ok(errorFromNetwork(asked, new Error(plain)).message.endsWith(plain));
  });

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
