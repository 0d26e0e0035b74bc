import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { validate } from "../../../shared/admission/validate.ts";
import { formatIntent, MAX_AHEAD_MS } from "../../../shared/intent.ts";
import {
  ADOPT,
  INTENT,
  MIN_READY,
  MIN_READY_SECONDS,
  MODE,
  ORIGIN_SELECTOR,
  REPLICA_OF,
  SELECTOR,
  SHADOW_OF,
  SUCCESSOR,
  SYNC_USER,
} from "../../../shared/keys.ts";
import type { Service } from "../../../shared/kube/objects.ts";
import { annotated, following, NOW, type RequestParts, service, situation, stripped } from "./situations.ts";

function fieldsRefused(parts: RequestParts): string[] {
  return validate(situation(parts)).violations.map(({ field }) => field);
}

describe("values of user annotations", () => {
  const rows: [key: string, good: string[], bad: string[]][] = [
    [
      SELECTOR,
      ['{"app":"web"}', '{"a.b/c":""}', '{"constructor":"x"}'],
      [
        "",
        "{",
        "{}",
        "[]",
        '{"app":1}',
        '{"app":"a b"}',
        '{"-":"x"}',
        '{"UP/x":"y"}',
        '{"__proto__":"x"}',
        `{"a":"${"x".repeat(64)}"}`,
      ],
    ],
    [MIN_READY, ["1", "25", "1%", "100%"], ["", "0", "-1", "1.5", "0%", "101%", "many", "1e3"]],
    [MIN_READY_SECONDS, ["0", "10", "3600"], ["", "-1", "1.5", "10s", "soon"]],
    [SUCCESSOR, ["b", "eu-west.1"], ["", " ", "b c", "a", "x".repeat(64)]],
    [ADOPT, ["b", "b, c"], ["", ",", "b c", "b,../etc"]],
  ];
  for (const [key, good, bad] of rows) {
    for (const value of good) {
      test(`${key}=${value} is accepted`, () => {
        assert.deepEqual(fieldsRefused({ object: service({ annotations: { [key]: value } }) }), []);
      });
    }
    for (const value of bad) {
      test(`${key}=${value.slice(0, 30)} is refused when it comes, left alone when it is there`, () => {
        const object = service({ annotations: { [key]: value } });
        assert.deepEqual(fieldsRefused({ object }), [`metadata.annotations[${key}]`]);
        assert.deepEqual(fieldsRefused({ object, oldObject: service() }), [`metadata.annotations[${key}]`]);
        assert.deepEqual(fieldsRefused({ object: annotated(object, "x", "y"), oldObject: object }), []);
      });
    }
  }

  test("a bad successor is reported once, also where it makes receiver impossible", () => {
    const object = service({ annotations: { [MODE]: "receiver", [SUCCESSOR]: "a" } });
    const { violations } = validate(situation({ object, oldObject: service() }));
    assert.deepEqual(
      violations.map(({ problem }) => problem),
      ["must be another cluster, this one cannot take over from itself"],
    );
  });
});

describe("keys of the sync process, where the mutating half was skipped", () => {
  const intentPath = `metadata.annotations[${INTENT}]`;
  const stamp = (time: number, at = "a") => formatIntent({ mode: "union", at, time });
  const rows: [name: string, parts: RequestParts, fields: string[]][] = [
    [
      "created with marks of ours",
      {
        object: service({ annotations: { [ORIGIN_SELECTOR]: "{}" }, labels: { [REPLICA_OF]: "b", [SHADOW_OF]: "c" } }),
      },
      [`metadata.annotations[${ORIGIN_SELECTOR}]`, `metadata.labels[${REPLICA_OF}]`, `metadata.labels[${SHADOW_OF}]`],
    ],
    [
      "an intent changed beside the mode",
      { object: annotated(stripped(), INTENT, stamp(NOW)), oldObject: stripped() },
      [intentPath],
    ],
    ["an intent removed", { object: annotated(stripped(), INTENT, undefined), oldObject: stripped() }, [intentPath]],
    ["a damaged intent", { object: service({ annotations: { [INTENT]: "{" } }) }, [intentPath]],
    [
      "an intent from the future",
      { object: service({ annotations: { [MODE]: "union", [INTENT]: stamp(NOW + MAX_AHEAD_MS + 1) } }) },
      [intentPath],
    ],
    [
      "an intent in another cluster's name",
      { object: annotated(annotated(stripped(), MODE, "union"), INTENT, stamp(NOW, "c")), oldObject: stripped() },
      [intentPath],
    ],
    [
      "an intent older than the stored one",
      { object: annotated(annotated(stripped(), MODE, "union"), INTENT, stamp(1)), oldObject: stripped() },
      [intentPath],
    ],
    [
      "a stamp as the mutating half makes it",
      { object: annotated(annotated(stripped(), MODE, "union"), INTENT, stamp(NOW)), oldObject: stripped() },
      [],
    ],
    [
      "no stamp: the sync process will make it",
      { object: annotated(stripped(), MODE, "union"), oldObject: stripped() },
      [],
    ],
  ];
  for (const [name, parts, fields] of rows) test(name, () => assert.deepEqual(fieldsRefused(parts), fields));
});

describe("shadows", () => {
  const shadow = service({ labels: { [SHADOW_OF]: "shop" }, spec: { clusterIP: "None" } });
  const edits: [name: string, object: Service, field: string][] = [
    ["another selector", { ...shadow, spec: { ...shadow.spec, selector: { app: "x" } } }, "spec"],
    ["a mode", annotated(shadow, MODE, "source"), "metadata.annotations"],
    ["a label", service({ labels: { [SHADOW_OF]: "shop", x: "y" }, spec: { clusterIP: "None" } }), "metadata.labels"],
  ];
  for (const [name, object, field] of edits) {
    test(`${name} is refused, naming the Service to edit instead`, () => {
      const { violations } = validate(situation({ object, oldObject: shadow }));
      assert.deepEqual(
        violations.map((one) => one.field),
        [field],
      );
      assert.match(violations[0]?.next ?? "", /^kubectl edit service shop -n shop$/);
      assert.deepEqual(fieldsRefused({ object, oldObject: shadow, user: SYNC_USER }), []);
    });
  }

  test("what does not touch the shadow passes: the garbage collector edits owners", () => {
    const object = { ...structuredClone(shadow), metadata: { ...shadow.metadata, ownerReferences: [] } };
    assert.deepEqual(fieldsRefused({ object, oldObject: shadow }), []);
  });

  test("a body nested without end is different, not fatal", () => {
    const deep = (depth: number): unknown => JSON.parse(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`);
    const nested = (): Service => ({ ...shadow, spec: { ...shadow.spec, sessionAffinityConfig: deep(5000) } });
    assert.deepEqual(fieldsRefused({ object: nested(), oldObject: nested() }), ["spec"]);
  });
});

test("a stored mode that follows an intent keeps its keys", () => {
  const stored = service({ annotations: following("source", { mode: "source", at: "a", time: 1 }) });
  assert.deepEqual(fieldsRefused({ object: annotated(stored, "x", "y"), oldObject: stored }), []);
});
