import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mutate } from "../../../shared/admission/mutate.ts";
import type { Situation } from "../../../shared/admission/request.ts";
import { formatIntent, type IntentCopy } from "../../../shared/intent.ts";
import { ADOPT, INTENT, MODE, REPLICA_OF, SHADOW_OF, SUCCESSOR } from "../../../shared/keys.ts";
import { annotation, type Service } from "../../../shared/kube/objects.ts";
import { intentAfter, mutatedObject } from "./patched-object.ts";
import { adviceOf, annotated, following, NOW, peer, selectorless, service, situation, stripped } from "./situations.ts";

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
      { mode: "union", at: "a", time: NOW, adopt: ["b", "c"], declared: ["source", "union"] },
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
    [
      "a mode taken away that nobody had stamped yet: no cluster has followed it",
      situation({ object: service(), oldObject: service({ annotations: { [MODE]: "source" } }) }),
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
