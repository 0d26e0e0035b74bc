import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  compareIntents,
  copyIntent,
  type Declaration,
  formatIntent,
  type Intent,
  impliedMode,
  latestIntent,
  MAX_AHEAD_MS,
  parseIntent,
  sameIntent,
  stampIntent,
} from "../../shared/intent.ts";

const NOW = 1_800_000_000_000;

const intents = fc.record(
  {
    mode: fc.constantFrom("source", "union", "singular", "none"),
    at: fc.constantFrom("a", "b", "c"),
    from: fc.constantFrom("a", "b", "c"),
    time: fc.nat(50),
    adopt: fc.array(fc.constantFrom("a", "b"), { minLength: 1 }),
    declared: fc.array(fc.constantFrom("source", "receiver", "union", "singular"), { minLength: 1 }),
  },
  { requiredKeys: ["mode", "at", "time"], noNullPrototype: true },
);

describe("an intent as text", () => {
  test("what is written is read back", () => {
    fc.assert(fc.property(intents, (intent) => assert.deepEqual(parseIntent(formatIntent(intent)), intent)));
  });

  const damaged: [name: string, text: string | undefined][] = [
    ["absent", undefined],
    ["empty", ""],
    ["no JSON", "{"],
    ["no object", '"source"'],
    ["null", "null"],
    ["a receiver", '{"mode":"receiver","at":"a","time":1}'],
    ["an empty cluster", '{"mode":"source","at":"","time":1}'],
    ["no time", '{"mode":"source","at":"a"}'],
    ["time as text", '{"mode":"source","at":"a","time":"1"}'],
    ["a fraction of a millisecond", '{"mode":"source","at":"a","time":1.5}'],
    ["a time before 1970", '{"mode":"source","at":"a","time":-1}'],
    ["a time no clock can show", '{"mode":"source","at":"a","time":9007199254740991}'],
    ["adopt as text", '{"mode":"source","at":"a","time":1,"adopt":"b"}'],
    ["an unknown declared mode", '{"mode":"source","at":"a","time":1,"declared":["x"]}'],
  ];
  for (const [name, text] of damaged) test(`${name} counts as none`, () => assert.equal(parseIntent(text), undefined));

  test("unknown fields are dropped", () => {
    const text = '{"mode":"source","at":"a","time":1,"evil":{"x":1},"__proto__":{"y":1}}';
    assert.deepEqual(parseIntent(text), { mode: "source", at: "a", time: 1 });
  });

  test("equal intents give equal text, whatever the order of their fields", () => {
    const text = formatIntent({ time: 5, at: "b", from: "a", mode: "source" });
    assert.equal(text, formatIntent({ mode: "source", from: "a", at: "b", time: 5 }));
    assert.equal(text, '{"mode":"source","at":"b","from":"a","time":5}');
  });
});

describe("which intent wins", () => {
  test("the order is total: antisymmetric and transitive", () => {
    fc.assert(
      fc.property(intents, intents, intents, (a, b, c) => {
        assert.equal(Math.sign(compareIntents(a, b)), -Math.sign(compareIntents(b, a)) + 0);
        if (compareIntents(a, b) <= 0 && compareIntents(b, c) <= 0) assert.ok(compareIntents(a, c) <= 0);
      }),
    );
  });

  test("the latest does not depend on the order of asking", () => {
    fc.assert(
      fc.property(fc.array(fc.option(intents, { nil: undefined })), (list) => {
        assert.equal(sameIntent(latestIntent(list), latestIntent([...list].reverse())), list.some(Boolean));
      }),
    );
  });

  test("later beats earlier, then the greater cluster name", () => {
    const early: Intent = { mode: "union", at: "z", time: 1 };
    const late: Intent = { mode: "source", at: "a", time: 2 };
    assert.equal(latestIntent([early, undefined, late]), late);
    assert.equal(latestIntent([{ ...late, at: "b" }, late])?.at, "b");
    assert.equal(latestIntent([]), undefined);
  });

  test("no intent is the same as none, and what was declared locally does not count", () => {
    assert.equal(sameIntent(undefined, undefined), false);
    const intent: Intent = { mode: "source", at: "a", time: 1 };
    assert.ok(sameIntent(intent, copyIntent(intent, undefined, "source")));
  });
});

describe("the mode an intent implies", () => {
  const rows: [intent: Intent | undefined, here: string | undefined, elsewhere: string | undefined][] = [
    [undefined, undefined, undefined],
    [{ mode: "none", at: "a", time: 1 }, undefined, undefined],
    [{ mode: "source", at: "a", time: 1 }, "source", "receiver"],
    [{ mode: "union", at: "a", time: 1 }, "union", "union"],
    [{ mode: "singular", at: "a", time: 1 }, "singular", undefined],
  ];
  for (const [intent, here, elsewhere] of rows) {
    test(`${intent?.mode ?? "no intent"}: ${here ?? "absent"} at its cluster, ${elsewhere ?? "absent"} elsewhere`, () => {
      assert.equal(impliedMode(intent, "a"), here);
      assert.equal(impliedMode(intent, "b"), elsewhere);
    });
  }
});

describe("stamping", () => {
  const declare = (extra: Partial<Declaration>): Declaration => ({
    cluster: "a",
    mode: "source",
    time: NOW,
    latest: undefined,
    ...extra,
  });
  const rows: [name: string, declaration: Declaration, intent: Intent][] = [
    ["source serves here", declare({}), { mode: "source", at: "a", time: NOW }],
    ["union names the declarer", declare({ mode: "union" }), { mode: "union", at: "a", time: NOW }],
    [
      "receiver makes the successor source",
      declare({ mode: "receiver", successor: "b" }),
      { mode: "source", at: "b", from: "a", time: NOW },
    ],
    ["singular on an own Service", declare({ mode: "singular" }), { mode: "singular", at: "a", time: NOW }],
    [
      "singular on a replica is singular at its origin",
      declare({ mode: "singular", replicaOf: "b" }),
      { mode: "singular", at: "b", from: "a", time: NOW },
    ],
    ["a removed mode is none", declare({ mode: undefined }), { mode: "none", at: "a", time: NOW }],
    ["adopted clusters are kept", declare({ adopt: ["c"] }), { mode: "source", at: "a", time: NOW, adopt: ["c"] }],
    [
      "on a replica, source and union name the origin",
      declare({ mode: "union", replicaOf: "b" }),
      { mode: "union", at: "a", from: "b", time: NOW },
    ],
    [
      "receiver on a replica takes the origin along",
      declare({ mode: "receiver", successor: "b", replicaOf: "c" }),
      { mode: "source", at: "b", from: "a", time: NOW, adopt: ["c"] },
    ],
    [
      "whom the latest intent named in vain is taken along, each once",
      declare({ adopt: ["c"], awaited: ["a", "b", "c", "d"], replicaOf: "b" }),
      { mode: "source", at: "a", from: "b", time: NOW, adopt: ["c", "d"] },
    ],
    [
      "whom the latest intent named in vain serves on under singular",
      declare({ mode: "singular", awaited: ["c"] }),
      { mode: "singular", at: "a", time: NOW },
    ],
    [
      "the time is after the latest visible intent",
      declare({ latest: { mode: "union", at: "b", time: NOW + 7 } }),
      { mode: "source", at: "a", time: NOW + 8 },
    ],
  ];
  for (const [name, declaration, intent] of rows) {
    test(name, () => assert.deepEqual(stampIntent(declaration), { ok: true, intent }));
  }

  test("receiver without successor is refused", () => {
    const stamp = stampIntent(declare({ mode: "receiver" }));
    assert.ok(!stamp.ok && stamp.reason === "NoSuccessor");
  });

  test("a latest intent more than 5 minutes ahead is refused unless forced", () => {
    const latest: Intent = { mode: "union", at: "b", time: NOW + MAX_AHEAD_MS };
    assert.ok(stampIntent(declare({ latest })).ok);
    const ahead = { ...latest, time: latest.time + 1 };
    const stamp = stampIntent(declare({ latest: ahead }));
    assert.ok(!stamp.ok && stamp.reason === "ClockAhead");
    const forced = stampIntent(declare({ latest: ahead, force: true }));
    assert.ok(forced.ok && forced.intent.time === ahead.time + 1);
  });

  test("a stamped intent always beats the latest one", () => {
    fc.assert(
      fc.property(intents, fc.constantFrom("source", "union", "singular", undefined), (latest, mode) => {
        const stamp = stampIntent(declare({ mode, latest, time: 10 }));
        assert.ok(stamp.ok && compareIntents(stamp.intent, latest) > 0);
      }),
    );
  });
});

test("a copy remembers every mode this object declared, once each", () => {
  const intent: Intent = { mode: "source", at: "b", from: "a", time: 3, adopt: ["c"] };
  const first = copyIntent({ mode: "source", at: "a", time: 1 }, undefined, "source");
  const second = copyIntent({ mode: "union", at: "a", time: 2 }, first, "union");
  assert.deepEqual(copyIntent(intent, second, "source"), { ...intent, declared: ["source", "union"] });
  assert.deepEqual(copyIntent(intent, undefined), intent);
});
