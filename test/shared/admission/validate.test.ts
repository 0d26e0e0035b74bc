import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { needsAdvice } from "../../../shared/admission/validate.ts";
import { MODE, REPLICA_OF, SELECTOR, SHADOW_OF, SUCCESSOR, SYNC_USER } from "../../../shared/keys.ts";
import { judgeTransition, TABLE_ORDER } from "../../../shared/transitions.ts";
import {
  adviceOf,
  annotated,
  peer,
  type RequestParts,
  selectorless,
  service,
  situation,
  stripped,
} from "./situations.ts";

import { atRest, become, headless, http, judge, kubernetes, serving, withSpec } from "./verdicts.ts";

describe("every transition", () => {
  for (const from of TABLE_ORDER) {
    for (const to of TABLE_ORDER) {
      const verdict = judgeTransition(from, to);
      test(`${from} → ${to} is ${verdict.legal ? "allowed" : "refused"}`, () => {
        const oldObject = atRest[from];
        const object = annotated(oldObject, MODE, to === "absent" ? undefined : to);
        const { message } = judge(situation({ object, oldObject }));
        if (verdict.legal) return assert.equal(message, "");
        assert.ok(message.startsWith(`metadata.annotations[${MODE}]: `), message);
        assert.ok(message.includes(verdict.because) && message.includes(verdict.instead), message);
        assert.match(message, /Next: kubectl annotate service web -n shop \S+=source --overwrite$/);
      });
    }
    test(`created as ${from}`, () => {
      const object = annotated(service(), MODE, from === "absent" ? undefined : from);
      assert.equal(judge(situation({ object })).message, "");
    });
  }
});

describe("allowed", () => {
  const replica = selectorless({ labels: { [REPLICA_OF]: "b" } });
  const rows: [name: string, parts: RequestParts, warning?: RegExp][] = [
    ["a Service that has nothing to do with us", { object: service() }],
    ["Local policies entering source", become("source", withSpec({ externalTrafficPolicy: "Local" }, service()))],
    [
      "Local policies entering union where selectors are kept",
      { ...become("union", withSpec({ internalTrafficPolicy: "Local" })), settings: { unionSelector: "keep" } },
    ],
    ["Local policies on a headless union", become("union", headless)],
    ["a selectorless own Service as source", become("source", selectorless())],
    ["a replica entering union", become("union", replica)],
    ["a replica becoming source", become("source", replica)],
    [
      "a selectorless Service created with its selector in the annotation",
      { object: selectorless({ annotations: { [MODE]: "union", [SELECTOR]: '{"app":"web"}' } }) },
    ],
    ["a restored receiver, whoever can be read", { object: stripped(), advice: "unavailable" }, /did not answer/],
    [
      "receiver with a named successor and no advice",
      { ...become("receiver", annotated(serving, SUCCESSOR, "b")), advice: "unavailable" },
      /did not answer/,
    ],
    [
      "source without advice",
      { ...become("source", service()), advice: "unavailable" },
      /only this cluster's own rules/,
    ],
    [
      "no mode without advice",
      { object: annotated(serving, MODE, undefined), oldObject: serving, advice: "unavailable" },
      /did not answer/,
    ],
    [
      "union with an independent Service elsewhere, which stays apart",
      { ...become("union"), advice: adviceOf(peer("b", { service: "own", ports: http(1) })) },
      /stays apart unless named in \S+adopt: b/,
    ],
    [
      "a declaration while a cluster cannot be read",
      { ...become("union"), advice: adviceOf(peer("c", { readable: false })) },
      /cannot be read now.*: c/,
    ],
    [
      "another successor once it is settled",
      { object: annotated(stripped(), SUCCESSOR, "c"), oldObject: stripped() },
      /settled when/,
    ],
    [
      "a selector removed by hand",
      { object: selectorless({ annotations: serving.metadata.annotations ?? {} }), oldObject: serving },
      /removes selectors itself/,
    ],
    [
      "a bad mode that was there before",
      { object: annotated(annotated(service(), MODE, "x"), "a", "b"), oldObject: annotated(service(), MODE, "x") },
    ],
    [
      "a bad mode taken away",
      {
        object: service(),
        oldObject: annotated(service(), MODE, "x"),
        advice: adviceOf(peer("b", { service: "own" })),
      },
    ],
    ["anything by the sync process", { ...become("x", selectorless()), ...kubernetes, user: SYNC_USER }],
    ["operations that store nothing", { operation: "CONNECT", object: service({ annotations: { [MODE]: "x" } }) }],
  ];
  for (const [name, parts, warning] of rows) {
    test(name, () => {
      const { message, warnings } = judge(situation(parts));
      assert.equal(message, "");
      assert.match(warnings, warning ?? /^$/);
    });
  }
});

test("advice is asked for only where other clusters matter", () => {
  const rows: [parts: RequestParts, needed: boolean][] = [
    [become("union"), true],
    [{ object: serving, oldObject: serving }, false],
    [{ object: service() }, false],
    [become("sorce"), false],
    [{ ...become("union"), user: SYNC_USER }, false],
    [{ object: stripped() }, true],
    [{ object: stripped(), oldObject: stripped() }, false],
    [{ operation: "DELETE", oldObject: serving }, true],
    [{ operation: "DELETE", oldObject: serving, user: SYNC_USER }, false],
    [{ operation: "DELETE", oldObject: service({ labels: { [SHADOW_OF]: "web" } }) }, false],
    [{ operation: "DELETE", oldObject: selectorless({ labels: { [REPLICA_OF]: "b" } }) }, false],
  ];
  for (const [parts, needed] of rows) assert.equal(needsAdvice(situation(parts)), needed, JSON.stringify(parts));
});
