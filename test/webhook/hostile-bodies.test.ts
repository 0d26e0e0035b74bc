import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { createApp } from "../../webhook/app.ts";
import { situations } from "../shared/admission/random-situations.ts";
import { appDeps, reviewBody, webService } from "./served-app.ts";

// Every answer is a review the API server accepts, or a 4xx. HOSTILE_RUNS=100000 is the long run.
const numRuns = Number(process.env["HOSTILE_RUNS"] ?? 300);

let server: Server;
let base: string;

before(async () => {
  server = createServer(createApp(appDeps()));
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

async function post(path: string, body: string): Promise<{ status: number; text: string }> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(base + path, { method: "POST", body, headers, redirect: "manual" });
  return { status: answer.status, text: await answer.text() };
}

async function checkAnswer(body: string): Promise<void> {
  for (const path of ["/mutate", "/validate"]) {
    const { status, text } = await post(path, body);
    if (status === 200) checkReview(text, JSON.parse(body).request.uid);
    else assert.ok(status >= 400 && status < 500, `${status} ${text}`);
  }
}

test("random requests about random Services", async () => {
  await fc.assert(
    fc.asyncProperty(situations, async ({ request }) => checkAnswer(reviewBody({ ...request }))),
    { numRuns },
  );
});

test("random JSON in the place of any part of a review", async () => {
  const paths = [
    "uid",
    "kind",
    "operation",
    "namespace",
    "name",
    "userInfo",
    "options",
    "object",
    "oldObject",
    "dryRun",
  ];
  const anything = fc.jsonValue({ depthSize: "small" });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), anything, async (part, value) => {
      await checkAnswer(reviewBody({ object: webService(), [part]: value }));
    }),
    { numRuns },
  );
});

test("random JSON in the place of any part of a Service", async () => {
  const parts = fc.constantFrom("metadata", "spec", "status");
  const fields = fc.constantFrom(
    "annotations",
    "labels",
    "managedFields",
    "name",
    "selector",
    "ports",
    "type",
    "__proto__",
  );
  await fc.assert(
    fc.asyncProperty(parts, fields, fc.jsonValue(), async (part, field, value) => {
      const object = { metadata: {}, spec: {}, [part]: { [field]: value } };
      await checkAnswer(reviewBody({ operation: "UPDATE", object, oldObject: webService() }));
      await checkAnswer(reviewBody({ operation: "UPDATE", object: webService(), oldObject: object }));
    }),
    { numRuns },
  );
});

test("random bytes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", maxLength: 200 }), async (body) => {
      const { status } = await post("/validate", body);
      assert.ok(status >= 400 && status < 500);
    }),
    { numRuns },
  );
});

test("a body nested without end is answered", async () => {
  const depth = 200_000;
  const nested = `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
  const service = `{"metadata":{"labels":{"vmware.com/syndicate-shadow-of":"x"}},"spec":{"x":${nested}}}`;
  const body = reviewBody({ operation: "UPDATE", object: "OBJECT", oldObject: "OBJECT" }).replaceAll(
    '"OBJECT"',
    service,
  );
  await checkAnswer(body);
  await checkAnswer(nested);
});
