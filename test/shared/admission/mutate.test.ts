import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mutate } from "../../../shared/admission/mutate.ts";
import { formatIntent, type IntentCopy } from "../../../shared/intent.ts";
import {
  INTENT,
  MODE,
  ORIGIN_SELECTOR,
  REPLICA_OF,
  SELECTOR,
  SHADOW_OF,
  SUCCESSOR,
  SYNC_USER,
} from "../../../shared/keys.ts";
import { annotation, label, type Service } from "../../../shared/kube/objects.ts";
import { checkInvariants, intentAfter, mutatedObject } from "./patched-object.ts";
import { annotated, following, NOW, selectorless, service, situation, stripped } from "./situations.ts";

const sourceHere: IntentCopy = { mode: "source", at: "a", time: NOW - 500, declared: ["source"] };
const serving = service({ annotations: following("source", sourceHere) });

describe("keys of the sync process", () => {
  const forged = formatIntent({ mode: "singular", at: "z", time: NOW + 9 });
  const ours = { [INTENT]: forged, [ORIGIN_SELECTOR]: '{"a":"b"}' };
  const labels = { [REPLICA_OF]: "z", [SHADOW_OF]: "other" };

  test("are dropped on CREATE, user keys stay", () => {
    const before = situation({ object: service({ annotations: { ...ours, [SUCCESSOR]: "b" }, labels }) });
    checkInvariants(before);
    const after = mutatedObject(before);
    assert.deepEqual(after.metadata.annotations, { [SUCCESSOR]: "b" });
    assert.deepEqual(after.metadata.labels, {});
    assert.equal(mutate(before).warnings.length, 4);
  });

  test("stay as stored on UPDATE, whether changed or dropped", () => {
    const stored = selectorless({
      annotations: following("receiver", { mode: "source", at: "b", time: 5 }, { [ORIGIN_SELECTOR]: '{"app":"web"}' }),
      labels: { [REPLICA_OF]: "b" },
    });
    const changed = selectorless({ annotations: { [MODE]: "receiver", ...ours }, labels });
    const replaced = selectorless({ annotations: { [MODE]: "receiver" } });
    for (const object of [changed, replaced]) {
      const before = situation({ object, oldObject: stored });
      checkInvariants(before);
      assert.deepEqual(mutatedObject(before), stored);
    }
    assert.equal(mutate(situation({ object: changed, oldObject: stored })).warnings.length, 4);
    assert.deepEqual(mutate(situation({ object: replaced, oldObject: stored })).warnings, []);
  });

  test("a forged intent cannot ride on a declaration", () => {
    const object = annotated(annotated(serving, MODE, "union"), INTENT, forged);
    const before = situation({ object, oldObject: serving });
    assert.deepEqual(intentAfter(before), { mode: "union", at: "a", time: NOW, declared: ["source", "union"] });
    assert.match(mutate(before).warnings.join(), /belongs to the sync process/);
  });
});

describe("selectors", () => {
  const withSelector = (base: Service): Service => ({
    ...base,
    spec: { ...base.spec, selector: { "x/y": "1", app: "new" } },
  });
  const replica = selectorless({ labels: { [REPLICA_OF]: "b" } });
  const union = selectorless({ annotations: following("union", { mode: "union", at: "b", time: 5 }) });
  const headless = selectorless({ ...{ annotations: union.metadata.annotations ?? {} }, spec: { clusterIP: "None" } });
  const newSource = selectorless({ annotations: following("source", sourceHere) });

  const saved: [name: string, old: Service][] = [
    ["a released receiver", stripped()],
    ["a stripped union", union],
    ["a replica", replica],
  ];
  for (const [name, old] of saved) {
    test(`put on ${name}: saved, removed, and said`, () => {
      const before = situation({ object: withSelector(old), oldObject: old });
      checkInvariants(before);
      const after = mutatedObject(before);
      assert.equal(annotation(after, SELECTOR), '{"app":"new","x/y":"1"}');
      assert.ok(!Object.hasOwn(after.spec, "selector"));
      assert.match(mutate(before).warnings.join(), /takes effect when/);
    });
  }

  test("applied together with taking back: still saved, the sync process restores it", () => {
    const before = situation({ object: withSelector(annotated(stripped(), MODE, "source")), oldObject: stripped() });
    checkInvariants(before);
    const after = mutatedObject(before);
    assert.equal(after.spec.selector, undefined);
    assert.equal(annotation(after, SELECTOR), '{"app":"new","x/y":"1"}');
  });

  const left: [name: string, old: Service, settings: "strip" | "keep"][] = [
    ["a live Service that becomes something else", serving, "strip"],
    ["a source that waits for its selector", newSource, "strip"],
    ["a headless union", headless, "strip"],
    ["a union that keeps selectors", union, "keep"],
    ["a Service never syndicated", selectorless(), "strip"],
  ];
  for (const [name, old, unionSelector] of left) {
    test(`put on ${name}: left alone`, () => {
      const before = situation({ object: withSelector(old), oldObject: old, settings: { unionSelector } });
      assert.deepEqual(mutate(before), { patch: [], warnings: [] });
    });
  }

  test("a receiver's live selector is never taken by the webhook", () => {
    const before = situation({ object: annotated(serving, MODE, "receiver"), oldObject: serving });
    assert.deepEqual(mutatedObject(before).spec, serving.spec);
  });

  test("the saved selector of a stripped Service cannot be lost", () => {
    const before = situation({ object: annotated(stripped(), SELECTOR, undefined), oldObject: stripped() });
    checkInvariants(before);
    assert.deepEqual(mutatedObject(before), stripped());
    assert.match(mutate(before).warnings.join(), /was kept/);
  });

  test("a selector set on a replica by hand may be taken away again", () => {
    const old = annotated(replica, SELECTOR, '{"a":"b"}');
    assert.deepEqual(mutate(situation({ object: replica, oldObject: old })).patch, []);
  });

  test("odd keys are saved whole", () => {
    const object = JSON.parse(JSON.stringify(replica)) as Service;
    object.spec.selector = JSON.parse('{"constructor":"a","toString":"b","x~1/y":"c"}');
    const after = mutatedObject(situation({ object, oldObject: replica }));
    assert.equal(annotation(after, SELECTOR), '{"constructor":"a","toString":"b","x~1/y":"c"}');
  });
});

describe("left alone", () => {
  test("every write of the sync process", () => {
    const object = service({ annotations: { [MODE]: "x", [INTENT]: "{" }, labels: { [REPLICA_OF]: "b" } });
    for (const oldObject of [undefined, stripped()]) {
      const before = situation({ object, ...(oldObject ? { oldObject } : {}), user: SYNC_USER });
      assert.deepEqual(mutate(before), { patch: [], warnings: [] });
    }
  });

  test("deletions", () => {
    assert.deepEqual(mutate(situation({ operation: "DELETE", oldObject: stripped() })).patch, []);
  });

  test("a label of ours put back where all labels were dropped", () => {
    const old = selectorless({ labels: { [REPLICA_OF]: "b", team: "x" } });
    const before = situation({ object: selectorless(), oldObject: old });
    checkInvariants(before);
    assert.equal(label(mutatedObject(before), REPLICA_OF), "b");
    assert.deepEqual(mutate(before).patch, [{ op: "add", path: "/metadata/labels", value: { [REPLICA_OF]: "b" } }]);
  });
});
