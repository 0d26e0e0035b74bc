import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Intent } from "../../shared/intent.ts";
import { INTENT, MODE } from "../../shared/keys.ts";
import { MAX_BODY_BYTES } from "../../webhook/body.ts";
import { readRows } from "../pages.ts";
import { adviceWith, NOW, reviewBody, type Served, serve, webService } from "./served-app.ts";

const UID = "7f0b2891-916f-4ed6-b7cd-27bff1815a8c";
let served: Served;
let asked: string[] = [];
let unready: string | undefined;
let askAdvice = async () => adviceWith("b");

before(async () => {
  served = await serve({
    askAdvice: async (namespace, name) => {
      asked.push(`${namespace}/${name}`);
      return askAdvice();
    },
    whyUnready: () => unready,
  });
});
after(() => served.server.drain());

describe("answers", () => {
  test("a declaration is patched, the uid is echoed", async () => {
    asked = [];
    const { status, review } = await served.call("/mutate?timeout=3s", {
      body: reviewBody({ object: webService({ [MODE]: "source" }) }),
    });
    assert.equal(status, 200);
    const { patch, ...rest } = review.response;
    const auditAnnotations = {
      mode: "declared: absent -> source",
      patched: `add /metadata/annotations/${INTENT.replace("/", "~1")}`,
    };
    assert.deepEqual(rest, { uid: UID, allowed: true, patchType: "JSONPatch", auditAnnotations });
    const value = `{"mode":"source","at":"a","time":${NOW},"declared":["source"]}`;
    const path = `/metadata/annotations/${INTENT.replace("/", "~1")}`;
    assert.deepEqual(JSON.parse(Buffer.from(patch ?? "", "base64").toString()), [{ op: "add", path, value }]);
    assert.deepEqual(asked, ["shop/web"]);
  });

  test("a Service that is none of our business passes without patch, warning or question", async () => {
    asked = [];
    for (const path of ["/mutate", "/validate"]) {
      const { review } = await served.call(path, { body: reviewBody({ object: webService() }) });
      assert.deepEqual(review, {
        apiVersion: "admission.k8s.io/v1",
        kind: "AdmissionReview",
        response: { uid: UID, allowed: true },
      });
    }
    assert.deepEqual(asked, []);
  });

  test("a refusal carries message, causes and code", async () => {
    const { status, review } = await served.call("/validate", {
      body: reviewBody({ object: webService({ [MODE]: "sorce" }) }),
    });
    assert.equal(status, 200);
    const { allowed, status: why, auditAnnotations } = review.response;
    const field = `metadata.annotations[${MODE}]`;
    assert.deepEqual(auditAnnotations, { mode: "unknown: absent -> sorce", refused: field });
    assert.equal(allowed, false);
    assert.equal(why?.code, 403);
    assert.match(why?.message ?? "", /did you mean "source"\?/);
    assert.deepEqual(
      why?.details?.causes.map((cause) => cause.field),
      [field],
    );
  });

  test("a deletion is warned about, never patched or denied", async () => {
    const body = reviewBody({ operation: "DELETE", object: null, oldObject: webService({ [MODE]: "source" }) });
    const { review } = await served.call("/validate", { body });
    assert.deepEqual(review.response, {
      uid: UID,
      allowed: true,
      warnings: ["clusters that follow this Service lose it: b"],
    });
    const mutation = await served.call("/mutate", { body });
    assert.deepEqual(mutation.review.response, { uid: UID, allowed: true });
  });

  test("other kinds are allowed without a look at them", async () => {
    const kind = { group: "apps", version: "v1", kind: "Deployment" };
    for (const path of ["/mutate", "/validate"]) {
      const { review } = await served.call(path, { body: reviewBody({ kind, object: { spec: 1 } }) });
      assert.deepEqual(review.response, { uid: UID, allowed: true });
    }
  });

  test("a bug of ours is a 500 review with the uid, and its cause only in the log", async () => {
    askAdvice = async () => {
      throw new Error("secret detail");
    };
    const { status, review, text } = await served.call("/mutate", {
      body: reviewBody({ object: webService({ [MODE]: "source" }) }),
    });
    askAdvice = async () => adviceWith("b");
    assert.equal(status, 500);
    assert.equal(review.response.uid, UID);
    assert.equal(review.response.allowed, false);
    assert.ok(!text.includes("secret detail"));
    assert.ok(served.logged.some((line) => line.includes("secret detail") && line.includes(UID)));
  });

  test("a clock that is ahead elsewhere is refused, not stamped", async () => {
    const latest: Intent = { mode: "source", at: "b", time: NOW + 3_600_000 };
    askAdvice = async () => ({ ...adviceWith("b"), latest });
    const body = reviewBody({ object: webService({ [MODE]: "source" }) });
    const mutation = await served.call("/mutate", { body });
    const verdict = await served.call("/validate", { body });
    askAdvice = async () => adviceWith("b");
    assert.equal(mutation.review.response.patch, undefined);
    assert.match(verdict.review.response.status?.message ?? "", /correct the clocks/);
  });
});

describe("bad input gets a clean 4xx", () => {
  const service = webService();
  const rows: [name: string, body: string | Buffer, status: number, says: RegExp, headers?: Record<string, string>][] =
    [
      ["nothing", "", 400, /no JSON/],
      ["no JSON", '{"secret":', 400, /no JSON/],
      ["a JSON string", '"x"', 400, /must be object/],
      ["an array", "[]", 400, /must be object/],
      ["no review", "{}", 400, /apiVersion/],
      ["an old review", reviewBody({}).replace("admission.k8s.io/v1", "admission.k8s.io/v1beta1"), 400, /apiVersion/],
      ["no uid", reviewBody({ uid: "" }), 400, /uid/],
      ["an endless uid", reviewBody({ uid: "x".repeat(129) }), 400, /uid/],
      ["an unknown operation", reviewBody({ operation: "STEAL" }), 400, /operation/],
      ["CREATE without object", reviewBody({}), 400, /request\.object: missing/],
      ["UPDATE without old object", reviewBody({ operation: "UPDATE", object: service }), 400, /oldObject: missing/],
      ["a Service without metadata", reviewBody({ object: { spec: {} } }), 400, /request\.object\.metadata/],
      ["a Service without spec", reviewBody({ object: { metadata: {} } }), 400, /request\.object\.spec/],
      ["metadata as array", reviewBody({ object: { metadata: [], spec: {} } }), 400, /metadata/],
      [
        "annotations with a number",
        reviewBody({ object: { ...service, metadata: { annotations: { a: 1 } } } }),
        400,
        /annotations/,
      ],
      [
        "a selector with an object",
        reviewBody({ object: { ...service, spec: { selector: { a: {} } } } }),
        400,
        /selector/,
      ],
      ["ports as text", reviewBody({ object: { ...service, spec: { ports: "80" } } }), 400, /ports/],
      [
        "another content type",
        reviewBody({ object: service }),
        415,
        /application\/json/,
        { "content-type": "text/plain" },
      ],
      ["a compressed body", reviewBody({ object: service }), 415, /content-encoding/, { "content-encoding": "gzip" }],
      [
        "an unknown charset",
        reviewBody({ object: service }),
        415,
        /charset/,
        { "content-type": "application/json; charset=x" },
      ],
      ["more than 7 MiB", Buffer.alloc(MAX_BODY_BYTES + 1, 32), 413, /larger than 7340032/],
    ];
  for (const [name, body, status, says, headers] of rows) {
    test(`${name}: ${status}`, async () => {
      const answer = await served.call("/mutate", { body, ...(headers ? { headers } : {}) });
      assert.equal(answer.status, status, answer.text);
      assert.match(answer.text, says);
      assert.ok(!answer.text.includes("secret"));
    });
  }

  test("just below 7 MiB is read", async () => {
    const object = webService({ big: "x".repeat(MAX_BODY_BYTES - 2000) });
    assert.equal((await served.call("/validate", { body: reviewBody({ object }) })).status, 200);
  });

  for (const [method, path, status] of [
    ["GET", "/mutate", 405],
    ["PUT", "/validate", 405],
    ["GET", "/", 404],
    ["GET", "/healthz/", 404],
    ["GET", "//evil.example/%2e%2e", 404],
    ["POST", "/mutate/", 404],
    ["GET", "/%", 404],
  ] as const) {
    test(`${method} ${path}: ${status}, no redirect`, async () => {
      assert.equal((await served.call(path, { method })).status, status);
    });
  }
});

describe("beside reviews", () => {
  test("healthz is always well, readyz says why not", async () => {
    assert.equal((await served.call("/healthz")).status, 200);
    assert.equal((await served.call("/readyz")).status, 200);
    unready = "draining";
    const answer = await served.call("/readyz");
    unready = undefined;
    assert.equal(answer.status, 503);
    assert.match(answer.text, /draining/);
  });

  test("metrics use the API server's buckets", async () => {
    const { status, text } = await served.call("/metrics");
    assert.equal(status, 200);
    const line = /syndicate_webhook_request_duration_seconds_bucket\{le="([^"]+)",path="mutate",outcome="patched"\}/g;
    const buckets = [...text.matchAll(line)].map(([, le]) => le);
    assert.deepEqual(buckets, ["0.005", "0.025", "0.1", "0.5", "1", "2.5", "10", "25", "+Inf"]);
    assert.match(text, /syndicate_webhook_advice_total\{result="answered"\} \d/);
  });

  test("docs/webhook.md lists every metric of ours", async () => {
    const { text } = await served.call("/metrics");
    const names = [...text.matchAll(/^# HELP (syndicate_\w+)/gm)].map(([, name]) => name);
    assert.deepEqual(
      readRows("docs/webhook.md", "webhook metrics")
        .map(([name]) => name)
        .sort(),
      names.sort(),
    );
  });

  test("no log line holds what objects hold", async () => {
    const object = webService({ [MODE]: "source", note: "hunter2", "kubectl.kubernetes.io/x": "hunter2" });
    for (const path of ["/mutate", "/validate"]) await served.call(path, { body: reviewBody({ object }) });
    assert.ok(served.logged.some((line) => line.includes('"namespace":"shop"')));
    assert.ok(!served.logged.join().includes("hunter2"));
  });

  test("no header tells what is running", async () => {
    const { headers } = await served.call("/healthz");
    assert.equal(headers["x-powered-by"], undefined);
    assert.equal(headers["etag"], undefined);
  });
});
