import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mutate } from "../../../shared/admission/mutate.ts";
import type { Situation } from "../../../shared/admission/request.ts";
import { formatIntent, type IntentCopy, parseIntent } from "../../../shared/intent.ts";
import {
  ADOPT,
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
import { mutated, mutatedObject } from "./patched-object.ts";
import { adviceOf, annotated, following, NOW, peer, selectorless, service, situation, stripped } from "./situations.ts";

/** What holds for every mutation: it applies, a second pass is empty, even with a later clock, and nothing given changes. */
function checkInvariants(before: Situation): void {
  const frozen = structuredClone(before);
  const { warnings } = mutate(before);
  assert.deepEqual(before, frozen, "inputs stay as they were");
  for (const laterMs of [0, 1500]) assert.deepEqual(mutate(mutated(before, laterMs)).patch, [], "second pass is empty");
  for (const warning of warnings) assert.ok(warning.length <= 120, `${warning.length}: ${warning}`);
}

function intentAfter(before: Situation): IntentCopy | undefined {
  checkInvariants(before);
  return parseIntent(annotation(mutatedObject(before), INTENT));
}

const sourceHere: IntentCopy = { mode: "source", at: "a", time: NOW - 500, declared: ["source"] };
const serving = service({ annotations: following("source", sourceHere) });

describe("declarations are stamped", () => {
  const rows: [name: string, before: Situation, intent: IntentCopy][] = [
    [
      "a Service created as source",
      situation({ object: service({ annotations: { [MODE]: "source" } }) }),
      { mode: "source", at: "a", time: NOW, declared: ["source"] },
    ],
    [
      "source to receiver, with the only other cluster as successor",
      situation({ object: annotated(serving, MODE, "receiver"), oldObject: serving }),
      { mode: "source", at: "b", from: "a", time: NOW, declared: ["source", "receiver"] },
    ],
    [
      "receiver with a named successor while no advice is to be had",
      situation({
        object: annotated(annotated(serving, MODE, "receiver"), SUCCESSOR, "c"),
        oldObject: serving,
        advice: "unavailable",
      }),
      { mode: "source", at: "c", from: "a", time: NOW, declared: ["source", "receiver"] },
    ],
    [
      "union with clusters to adopt",
      situation({ object: annotated(annotated(serving, MODE, "union"), ADOPT, "b, c,,b"), oldObject: serving }),
      { mode: "union", at: "a", time: NOW, adopt: ["b", "c", "b"], declared: ["source", "union"] },
    ],
    [
      "a removed mode",
      situation({ object: annotated(serving, MODE, undefined), oldObject: serving }),
      { mode: "none", at: "a", time: NOW, declared: ["source"] },
    ],
    [
      "taking back",
      situation({ object: annotated(stripped(), MODE, "source"), oldObject: stripped() }),
      { mode: "source", at: "a", time: NOW, declared: ["source", "receiver"] },
    ],
    [
      "singular on a replica is singular at its origin",
      situation({
        object: selectorless({ annotations: { [MODE]: "singular" }, labels: { [REPLICA_OF]: "b" } }),
        oldObject: selectorless({ labels: { [REPLICA_OF]: "b" } }),
      }),
      { mode: "singular", at: "b", from: "a", time: NOW, declared: ["singular"] },
    ],
    [
      "later than the latest intent of any cluster",
      situation({
        object: annotated(serving, MODE, "union"),
        oldObject: serving,
        advice: { ...adviceOf(peer("b")), latest: { mode: "source", at: "b", time: NOW + 60_000 } },
      }),
      { mode: "union", at: "a", time: NOW + 60_001, declared: ["source", "union"] },
    ],
    [
      "later than the own copy when there is no advice",
      situation({
        object: annotated(serving, MODE, "union"),
        oldObject: serving,
        advice: "unavailable",
        now: NOW - 1000,
      }),
      { mode: "union", at: "a", time: NOW - 499, declared: ["source", "union"] },
    ],
  ];
  for (const [name, before, intent] of rows) test(name, () => assert.deepEqual(intentAfter(before), intent));
});

describe("not stamped", () => {
  const rows: [name: string, before: Situation][] = [
    ["no mode at all", situation({ object: service() })],
    ["a change beside the mode", situation({ object: annotated(serving, "x", "y"), oldObject: serving })],
    [
      "the mode the own intent copy implies",
      situation({ object: serving, oldObject: annotated(serving, MODE, "union") }),
    ],
    ["a word that is no mode", situation({ object: annotated(serving, MODE, "sorce"), oldObject: serving })],
    [
      "receiver whose successor is not to be found",
      situation({ object: annotated(serving, MODE, "receiver"), oldObject: serving, advice: "unavailable" }),
    ],
    [
      "a latest intent too far ahead",
      situation({
        object: annotated(serving, MODE, "union"),
        oldObject: serving,
        advice: { ...adviceOf(peer("b")), latest: { mode: "source", at: "b", time: NOW + 3_600_000 } },
      }),
    ],
    [
      "a mode on a shadow",
      situation({
        object: service({ annotations: { [MODE]: "source" }, labels: { [SHADOW_OF]: "web" } }),
        oldObject: service({ labels: { [SHADOW_OF]: "web" } }),
      }),
    ],
  ];
  for (const [name, before] of rows) {
    test(name, () => {
      assert.deepEqual(mutate(before), { patch: [], warnings: [] });
    });
  }
});

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

describe("restored backups", () => {
  const backup = annotated(stripped(), "note", "restored");

  test("a mode that the carried copy implies is no declaration: the copy stays as it was", () => {
    assert.deepEqual(mutate(situation({ object: backup })), { patch: [], warnings: [] });
    assert.deepEqual(mutate(situation({ object: serving, advice: "unavailable" })).patch, []);
  });

  test("unknown fields of a carried copy are dropped", () => {
    const text = '{"evil":1,"mode":"source","at":"a","time":5}';
    const before = situation({ object: service({ annotations: { [MODE]: "source", [INTENT]: text } }) });
    assert.deepEqual(intentAfter(before), { mode: "source", at: "a", time: 5 });
  });

  const distrusted: [name: string, object: Service][] = [
    ["from the future", service({ annotations: following("source", { mode: "source", at: "a", time: NOW + 2 }) })],
    ["of another mode", service({ annotations: following("source", { mode: "union", at: "a", time: 5 }) })],
    ["that is damaged", service({ annotations: { [MODE]: "source", [INTENT]: "{" } })],
  ];
  for (const [name, object] of distrusted) {
    test(`a carried copy ${name} is not believed: the mode is declared now`, () => {
      const before = situation({ object });
      assert.deepEqual(intentAfter(before), { mode: "source", at: "a", time: NOW, declared: ["source"] });
    });
  }

  test("a carried copy without its mode is dropped", () => {
    const before = situation({ object: service({ annotations: following(undefined, sourceHere) }) });
    assert.equal(intentAfter(before), undefined);
  });

  test("a removed mode is restored as removed", () => {
    const none: IntentCopy = { mode: "none", at: "a", time: 5 };
    const before = situation({ object: service({ annotations: following(undefined, none) }) });
    assert.deepEqual(intentAfter(before), none);
  });

  test("what stands in a live Service's place does not come from a backup", () => {
    const before = situation({
      object: annotated(backup, INTENT, formatIntent({ ...sourceHere, time: 1 })),
      oldObject: backup,
    });
    assert.equal(annotation(mutatedObject(before), INTENT), annotation(backup, INTENT));
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
