import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";
import { parseAllDocuments, stringify } from "yaml";
import { type PolicySpec, renderPolicy } from "../shared/admission/policy.ts";
import { MODE, SYNC_USER } from "../shared/keys.ts";
import { evaluateCel, evaluateVariables, KEY_ROWS } from "./cel.ts";
import { get, MANIFESTS, render } from "./rendered-manifests.ts";
import { listRows } from "./shared/admission/matrix.ts";

const FILE = join(MANIFESTS, "components/admission-policy/policy.yaml");
const HEAD = "# Made from shared/transitions.ts: UPDATE_DOCS=1 node --test test/admission-policy.test.ts writes it.\n";

const documents = parseAllDocuments(readFileSync(FILE, "utf8")).map((document) => document.toJS());
const { matchConditions, variables, validations } = documents[0].spec as PolicySpec;

test("the manifest is the code's", () => {
  const made =
    HEAD +
    renderPolicy()
      .map((object) => stringify(object, { lineWidth: 120 }))
      .join("---\n");
  if (process.env["UPDATE_DOCS"]) writeFileSync(FILE, made);
  assert.equal(readFileSync(FILE, "utf8"), made);
});

/** Renders all components in this order, and returns the arguments of sync. */
async function renderAll(names: string[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "syndicate-kustomization-"));
  const at = (path: string) => relative(folder, join(MANIFESTS, path));
  const components = names.map((name) => at(`components/${name}`));
  writeFileSync(join(folder, "kustomization.yaml"), stringify({ resources: [at("overlays/current")], components }));
  const objects = await render(relative(MANIFESTS, folder)).finally(() => rmSync(folder, { recursive: true }));
  assert.deepEqual(get(objects, "ValidatingAdmissionPolicy/syndicate"), documents[0]);
  assert.deepEqual(get(objects, "ValidatingAdmissionPolicyBinding/syndicate"), documents[1]);
  assert.equal(get(objects, "MutatingWebhookConfiguration/syndicate").webhooks[0].failurePolicy, "Fail");
  return get(objects, "Deployment/syndicate").spec.template.spec.containers[0].args;
}

test("all components go together with the overlay for current clusters, in any order", async () => {
  const args = ["--peers-dir=/etc/kubeconfigs", "--port=8080", "--create-namespaces"];
  assert.deepEqual(await renderAll(["admission-policy", "cert-manager", "create-namespaces"]), args);
  assert.deepEqual(await renderAll(["create-namespaces", "cert-manager", "admission-policy"]), args);
});

/** Messages of the validations that refuse the row, as the manifest has them. */
function judge(row: { object?: object; oldObject?: object }, username = "jane"): string[] {
  const { object = null, oldObject = null } = row;
  const given = { object, oldObject, request: { userInfo: { username } } };
  if (!matchConditions.every(({ expression }) => evaluateCel(expression, given) === true)) return [];
  const values = evaluateVariables(variables, given);
  return validations
    .filter(({ expression }) => {
      const value = evaluateCel(expression, { ...given, variables: values });
      assert.equal(typeof value, "boolean", expression);
      return value === false;
    })
    .map(({ message }) => message);
}

/** Fields of the webhook's refusals that one object alone decides and that the policy covers. */
const COVERED = [`metadata.annotations[${MODE}]`, "spec.type"];

// Shadows have a rule of their own, which is no transition.
const rows = listRows().filter(({ operation, kind }) => operation !== "DELETE" && kind !== "shadow");
for (const row of rows) {
  const expected = row.faults.filter((field) => COVERED.includes(field));
  test(`${row.kind} ${row.operation} ${row.from} → ${row.to}: ${expected.length ? "refused" : "passes"}`, () => {
    const messages = judge(row);
    assert.equal(messages.length, expected.length, messages.join("\n"));
    assert.deepEqual(judge(row, SYNC_USER), [], "sync is not judged");
  });
}

test("a Service in a mode cannot become an ExternalName, one that is so already is left alone", () => {
  const service = (type: string) => ({ metadata: { name: "web", annotations: { [MODE]: "source" } }, spec: { type } });
  assert.match(judge({ object: service("ExternalName"), oldObject: service("ClusterIP") }).join(), /ExternalName/);
  assert.deepEqual(judge({ object: service("ExternalName"), oldObject: service("ExternalName") }), []);
});

test("a word that is there already blocks no other change", () => {
  const service = (port: number) => ({
    metadata: { name: "web", annotations: { [MODE]: "x" } },
    spec: { ports: [{ port }] },
  });
  assert.deepEqual(judge({ object: service(1), oldObject: service(2) }), []);
});

const current = await render("overlays/current");
const [MUTATING, VALIDATING] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/** Whether an API server asks webhook `at` about a request of that user. */
function isAsked(kind: string, at: number, row: { object?: object; oldObject?: object }, username: string): boolean {
  const conditions: { expression: string }[] = get(current, `${kind}/syndicate`).webhooks[at].matchConditions;
  const given = { object: row.object ?? null, oldObject: row.oldObject ?? null, request: { userInfo: { username } } };
  return conditions.every(({ expression }) => {
    const value = evaluateCel(expression, given);
    assert.equal(typeof value, "boolean", expression);
    return value;
  });
}

const serviceOf = (metadata: object | null) => (metadata ? { metadata, spec: {} } : undefined);

for (const before of KEY_ROWS) {
  const old = serviceOf(before.metadata);
  for (const after of KEY_ROWS) {
    const object = serviceOf(after.metadata);
    if (!object) continue;
    const asked = before.ours || after.ours;
    test(`${before.name}, then ${after.name}: ${asked ? "asked" : "not asked"}, and never about sync`, () => {
      const row = { object, ...(old ? { oldObject: old } : {}) };
      for (const kind of [MUTATING, VALIDATING]) {
        assert.equal(isAsked(kind, 0, row, "jane"), asked);
        assert.equal(isAsked(kind, 0, row, SYNC_USER), false);
      }
    });
  }
  if (!old) continue;
  test(`${before.name}, deleted: ${before.ours ? "asked" : "not asked"}, and never about sync`, () => {
    assert.equal(isAsked(VALIDATING, 1, { oldObject: old }, "jane"), before.ours);
    assert.equal(isAsked(VALIDATING, 1, { oldObject: old }, SYNC_USER), false);
  });
}
