import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { mutate } from "../../../shared/admission/mutate.ts";
import { asChange, isShadow, replicaOf } from "../../../shared/admission/request.ts";
import { validate } from "../../../shared/admission/validate.ts";
import { INTENT, ORIGIN_SELECTOR, REPLICA_OF, SELECTOR, SHADOW_OF, SYNC_USER } from "../../../shared/keys.ts";
import { annotation, label } from "../../../shared/kube/objects.ts";
import { effectiveSelector, formatSelector, hasSelector, parseSelector } from "../../../shared/selector.ts";
import { mutated, mutatedObject } from "./patched-object.ts";
import { situations } from "./random-situations.ts";
import { annotated } from "./situations.ts";

// A round number that keeps the unit suite quick; PROPERTY_RUNS=100000 is the long run.
const numRuns = Number(process.env["PROPERTY_RUNS"] ?? 2000);
const holds = (name: string, predicate: (before: Parameters<typeof mutate>[0]) => void) =>
  test(name, () => fc.assert(fc.property(situations, predicate), { numRuns }));

holds("every patch applies, and a second pass is empty, at once and later", (before) => {
  for (const laterMs of [0, 2000]) assert.deepEqual(mutate(mutated(before, laterMs)).patch, []);
});

holds("inputs are not changed", (before) => {
  const copy = structuredClone(before);
  mutate(before);
  validate(before);
  assert.deepEqual(before, copy);
});

holds("only our keys and the selector are ever touched", (before) => {
  const ours = /^\/metadata\/(annotations|labels)(\/vmware\.com~1syndicate-[a-z-]+)?$|^\/spec\/selector$/;
  for (const { op, path, value } of mutate(before).patch) {
    assert.match(path, ours);
    if (/(annotations|labels)$/.test(path)) {
      assert.equal(op, "add");
      for (const key of Object.keys(value as object)) assert.match(key, /^vmware\.com\/syndicate-/);
    }
  }
});

holds("a person cannot write the sync process's marks", (before) => {
  const after = mutatedObject(before);
  const { oldObject } = before.request;
  assert.equal(annotation(after, ORIGIN_SELECTOR), oldObject && annotation(oldObject, ORIGIN_SELECTOR));
  for (const key of [REPLICA_OF, SHADOW_OF]) assert.equal(label(after, key), oldObject && label(oldObject, key));
});

holds("a selector is taken only where none was live, and is never lost", (before) => {
  const { object, oldObject } = before.request;
  const after = mutatedObject(before);
  if (!object || hasSelector(after) === hasSelector(object)) return;
  assert.ok(oldObject && !hasSelector(oldObject));
  assert.deepEqual({ ...parseSelector(annotation(after, SELECTOR)) }, { ...object.spec.selector });
});

holds("strip, then restore, is the identity, whoever strips", (before) => {
  const { object, oldObject } = before.request;
  if (!object || !hasSelector(object)) return;
  const after = mutatedObject(before);
  const takenByUs = oldObject !== undefined && !hasSelector(after);
  // The sync process saves first and strips in a later patch.
  const saved = takenByUs ? after : annotated(after, SELECTOR, formatSelector(object.spec.selector ?? {}));
  const { selector: _stripped, ...rest } = saved.spec;
  const restored = { ...rest, selector: effectiveSelector({ ...saved, spec: rest }) };
  assert.deepEqual(JSON.parse(JSON.stringify(restored)), JSON.parse(JSON.stringify(object.spec)));
});

holds("what mutation leaves never offends the rule on our keys", (before) => {
  const after = mutated(before);
  const faults = validate(after).violations.filter(({ problem }) => problem.startsWith("only the sync process"));
  // A shadow has its own single rule.
  if (!isShadow(before.request.oldObject)) assert.deepEqual(faults, []);
});

holds("messages stay short and warnings within what API servers pass on", (before) => {
  const verdict = validate(mutated(before));
  for (const warning of [...verdict.warnings, ...mutate(before).warnings]) assert.ok(warning.length <= 120, warning);
  for (const { field, problem, next } of verdict.violations) assert.ok(field && problem && next);
});

holds("the sync process is never judged nor changed", (before) => {
  const bySync = { ...before, request: { ...before.request, user: SYNC_USER } };
  assert.equal(asChange(bySync), undefined);
  assert.deepEqual(mutate(bySync), { patch: [], warnings: [] });
  assert.deepEqual(validate(bySync), { violations: [], warnings: [] });
});

holds("an unchanged object is neither changed nor refused, so no other change is blocked", (before) => {
  const { oldObject } = before.request;
  if (!oldObject) return;
  const same = { ...before, request: { ...before.request, object: structuredClone(oldObject) } };
  assert.deepEqual(mutate(same).patch, []);
  assert.deepEqual(validate(same).violations, []);
});

holds("deletions are always allowed and never patched", (before) => {
  const { oldObject, object } = before.request;
  const gone = oldObject ?? object;
  const deletion = {
    ...before,
    request: { ...before.request, operation: "DELETE" as const, ...(gone ? { oldObject: gone } : {}) },
  };
  assert.deepEqual(mutate(deletion).patch, []);
  assert.deepEqual(validate(deletion).violations, []);
});

holds("an intent changes only with a mode of one's own", (before) => {
  const { object, oldObject } = before.request;
  if (!object || !oldObject || replicaOf(oldObject)) return;
  const after = mutatedObject(before);
  if (annotation(after, INTENT) === annotation(oldObject, INTENT)) return;
  assert.notDeepEqual(after.metadata.annotations, oldObject.metadata.annotations);
  const copy = JSON.parse(annotation(after, INTENT) ?? "null");
  assert.ok(copy.at === "a" || copy.from === "a");
});
