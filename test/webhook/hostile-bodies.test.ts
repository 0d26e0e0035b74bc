import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { pino } from "pino";
import { createApp } from "../../webhook/app.ts";
import { situations } from "../shared/admission/random-situations.ts";
import { appDeps, reviewBody, webService } from "./served-app.ts";

// Every answer is a review the API server accepts, or a 4xx. HOSTILE_RUNS=100000 bodies are the long run.
const bodies = Number(process.env["HOSTILE_RUNS"] ?? 3000);
/** What may stay on the heap after the second half, in bytes: what the program itself keeps as it warms up, and something for each body. */
const MAX_GROWTH = 512 * 1024 + 50 * bodies;

setFlagsFromString("--expose-gc");
// Else code that is not used any more is dropped at some time, megabytes of it, and a leak would hide behind that.
setFlagsFromString("--no-flush-bytecode");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes on the heap once connections that have ended are let go of: they are only while other things happen. */
async function measureHeap(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await sleep(100);
  }
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

let server: Server;
let base: string;

before(async () => {
  // Lines are made and thrown away: kept, they would look like a leak.
  server = createServer(createApp(appDeps({ log: pino({ level: "debug" }, { write: () => {} }) })));
  // While the heap is measured nothing is sent, and a connection that ends then fails the call after.
  server.keepAliveTimeout = 95_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

/** The checks of VerifyAdmissionResponse (k8s.io/apiserver, admission/plugin/webhook/request/admissionreview.go). */
function checkReview(text: string, uid: unknown): void {
  const { apiVersion, kind, response } = JSON.parse(text);
  assert.equal(apiVersion, "admission.k8s.io/v1");
  assert.equal(kind, "AdmissionReview");
  assert.equal(response.uid, uid);
  assert.equal(typeof response.allowed, "boolean");
  assert.equal(response.patch === undefined, response.patchType === undefined);
  if (response.patch === undefined) return;
  assert.equal(response.patchType, "JSONPatch");
  assert.ok(JSON.parse(Buffer.from(response.patch, "base64").toString()).length > 0);
}

type Body = string | Uint8Array;

/** Status and text of both paths' answers; never a redirect, never a 5xx. */
async function postBoth(body: Body, headers: Record<string, string> = {}): Promise<{ status: number; text: string }[]> {
  return Promise.all(
    ["/mutate", "/validate"].map(async (path) => {
      const answer = await fetch(base + path, {
        method: "POST",
        body: typeof body === "string" ? body : new Uint8Array(body),
        headers: { "content-type": "application/json", ...headers },
        redirect: "manual",
      });
      const text = await answer.text();
      assert.ok(answer.status === 200 || (answer.status >= 400 && answer.status < 500), `${answer.status} ${text}`);
      assert.equal(answer.headers.get("location"), null);
      return { status: answer.status, text };
    }),
  );
}

async function checkAnswer(body: string): Promise<void> {
  for (const { status, text } of await postBoth(body)) {
    if (status === 200) checkReview(text, JSON.parse(body).request.uid);
  }
}

/** For bodies an API server may send: whoever refuses them stops all writes. */
async function checkReviewed(body: string): Promise<void> {
  for (const { status, text } of await postBoth(body)) {
    assert.equal(status, 200, text);
    checkReview(text, JSON.parse(body).request.uid);
  }
}

async function checkRefused(body: Body, headers?: Record<string, string>): Promise<void> {
  for (const { status, text } of await postBoth(body, headers)) assert.notEqual(status, 200, text);
}

const anything = fc.jsonValue({ depthSize: "small" });
const REVIEW_PARTS =
  "uid kind operation namespace name userInfo options object oldObject dryRun resource requestKind".split(" ");
const SERVICE_FIELDS =
  "annotations labels managedFields name selector ports type __proto__ constructor prototype".split(" ");
const sample = reviewBody({ operation: "UPDATE", object: webService(), oldObject: webService() });
const uids = fc.oneof(fc.string(), fc.string({ minLength: 100, maxLength: 200 }), fc.constantFrom(null, 7, {}, []));

/** Kind of hostile body → what is sent and what must come of it. */
const KINDS: Readonly<Record<string, fc.IAsyncPropertyWithHooks<[unknown]>>> = {
  "random requests about random Services": fc.asyncProperty(situations, ({ request }) =>
    checkReviewed(reviewBody({ ...request })),
  ),
  "random JSON in the place of any part of a review": fc.asyncProperty(
    fc.tuple(fc.constantFrom(...REVIEW_PARTS), anything),
    ([part, value]) => checkAnswer(reviewBody({ object: webService(), [part]: value })),
  ),
  "random JSON in the place of any part of a Service": fc.asyncProperty(
    fc.tuple(fc.constantFrom("metadata", "spec", "status"), fc.constantFrom(...SERVICE_FIELDS), fc.jsonValue()),
    async ([part, field, value]) => {
      // As text: JSON.parse makes "__proto__" an own key, an object literal would not.
      const object = `{"metadata":{},"spec":{},"${part}":{"${field}":${JSON.stringify(value)}}}`;
      const body = reviewBody({ operation: "UPDATE", object: "HOSTILE", oldObject: webService() });
      await checkAnswer(body.replace('"HOSTILE"', () => object));
    },
  ),
  "random JSON": fc.asyncProperty(anything, (value) => checkRefused(JSON.stringify(value))),
  "truncated reviews": fc.asyncProperty(fc.nat({ max: sample.length - 2 }), (length) =>
    checkRefused(sample.slice(0, length)),
  ),
  "random bytes": fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), (body) => checkRefused(body)),
  "a byte changed": fc.asyncProperty(
    fc.tuple(fc.nat({ max: sample.length - 1 }), fc.nat({ max: 255 })),
    async ([at, byte]) => {
      const bytes = Buffer.from(sample);
      bytes[at] = byte;
      await postBoth(bytes);
    },
  ),
  "compressed reviews": fc.asyncProperty(fc.constantFrom("gzip", "deflate", "br", "x"), (encoding) =>
    checkRefused(gzipSync(sample), { "content-encoding": encoding }),
  ),
  "uids of every kind: echoed or refused": fc.asyncProperty(uids, (uid) =>
    checkAnswer(reviewBody({ object: webService(), uid })),
  ),
  "deep objects": fc.asyncProperty(fc.nat({ max: 2000 }), (depth) => checkReviewed(nest(depth, '{"__proto__":', "}"))),
};

/** A review of a Service with something nested that deep in the parts that are compared. */
function nest(depth: number, open: string, close: string): string {
  const nested = `${open.repeat(depth)}1${close.repeat(depth)}`;
  const labels = '{"vmware.com/syndicate-shadow-of":"x"}';
  const service = `{"metadata":{"labels":${labels}},"spec":{"x":${nested}}}`;
  return reviewBody({ operation: "UPDATE", object: "OBJECT", oldObject: "OBJECT" }).replaceAll(
    '"OBJECT"',
    () => service,
  );
}

/** So many of each kind before the heap is measured, and so many after. */
const numRuns = Math.ceil(bodies / Object.keys(KINDS).length / 2);

function sendAll(when: string): void {
  for (const [name, property] of Object.entries(KINDS)) {
    test(`${name}, ${numRuns} of them, ${when}`, () => fc.assert(property, { numRuns }));
  }
}

sendAll("first");

let heapBefore = 0;
test("from now on memory must not grow", async () => {
  heapBefore = await measureHeap();
});

sendAll("and again");

test("memory has not grown", async (t) => {
  const growth = (await measureHeap()) - heapBefore;
  t.diagnostic(`${growth} bytes more`);
  assert.ok(growth < MAX_GROWTH, `${growth} bytes more than ${bodies / 2} bodies before`);
});

test("a body nested without end is answered", async () => {
  await checkReviewed(nest(200_000, '{"a":', "}"));
  await checkReviewed(nest(200_000, "[", "]"));
  await checkRefused("[".repeat(1_000_000));
});

test("huge bodies are refused while they come, one after another", async () => {
  const huge = Buffer.alloc(8 * 1024 * 1024, 32);
  for (let i = 0; i < 10; i++) await checkRefused(huge);
});
