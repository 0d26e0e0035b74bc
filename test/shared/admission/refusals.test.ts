import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ADOPT, MODE, SUCCESSOR } from "../../../shared/keys.ts";
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

import { ahead, become, headless, http, judge, kubernetes, serving, withSpec } from "./verdicts.ts";

describe("refused", () => {
  const rows: [name: string, parts: RequestParts, field: string, says: RegExp][] = [
    [
      "a misspelt mode",
      become("sorce"),
      `metadata.annotations[${MODE}]`,
      /"sorce": must be one of .*; did you mean "source"\?.* \S+=source --overwrite/,
    ],
    [
      "a word like no mode",
      become("primary"),
      `metadata.annotations[${MODE}]`,
      /must be one of source, receiver, union, singular.*MODE/,
    ],
    ["an empty word", become(""), `metadata.annotations[${MODE}]`, /Invalid value: ""/],
    [
      "a mode on kubernetes",
      { ...become("source", service()), ...kubernetes },
      `metadata.annotations[${MODE}]`,
      /each cluster's own.*syndicate-mode-$/,
    ],
    [
      "a mode on an ExternalName",
      become("singular", withSpec({ type: "ExternalName" }, service())),
      "spec.type",
      /has no endpoints/,
    ],
    [
      "a syndicated Service turned into an ExternalName",
      { object: withSpec({ type: "ExternalName" }), oldObject: serving },
      "spec.type",
      /cannot be "source"/,
    ],
    [
      "externalTrafficPolicy Local entering receiver",
      become("receiver", withSpec({ externalTrafficPolicy: "Local" })),
      "spec.externalTrafficPolicy",
      /must be "Cluster".*kubectl patch/,
    ],
    [
      "internalTrafficPolicy Local entering union",
      become("union", withSpec({ internalTrafficPolicy: "Local" })),
      "spec.internalTrafficPolicy",
      /must be "Cluster"/,
    ],
    [
      "Local while a receiver",
      { object: withSpec({ externalTrafficPolicy: "Local" }, stripped()), oldObject: stripped() },
      "spec.externalTrafficPolicy",
      /mode "receiver"/,
    ],
    [
      "a headless receiver with Local, since receivers give up their selector",
      become("receiver", headless),
      "spec.internalTrafficPolicy",
      /Cluster/,
    ],
    [
      "a selectorless own Service entering union",
      become("union", selectorless()),
      "spec.selector",
      /absent: a Service without selector cannot become "union"/,
    ],
    [
      "a selectorless own Service entering receiver",
      become("receiver", selectorless()),
      "spec.selector",
      /cannot become "receiver"/,
    ],
    [
      "a selectorless Service created as union",
      { object: selectorless({ annotations: { [MODE]: "union" } }) },
      "spec.selector",
      /give it a selector/,
    ],
    [
      "receiver with nobody to take over",
      { ...become("receiver"), advice: adviceOf() },
      `metadata.annotations[${MODE}]`,
      /nobody could take over.*kubectl annotate .*successor=CLUSTER/,
    ],
    [
      "receiver with several who could",
      { ...become("receiver"), advice: adviceOf(peer("b"), peer("c")) },
      `metadata.annotations[${MODE}]`,
      /\(b, c\)/,
    ],
    [
      "receiver while nothing is known",
      { ...become("receiver"), advice: "unavailable" },
      `metadata.annotations[${MODE}]`,
      /did not answer/,
    ],
    [
      "receiver naming a cluster that cannot be read",
      { ...become("receiver", annotated(serving, SUCCESSOR, "b")), advice: adviceOf(peer("b", { readable: false })) },
      `metadata.annotations[${SUCCESSOR}]`,
      /"b" cannot be read/,
    ],
    [
      "receiver naming itself, nothing known",
      { ...become("receiver", annotated(serving, SUCCESSOR, "a")), advice: "unavailable" },
      `metadata.annotations[${SUCCESSOR}]`,
      /this cluster itself/,
    ],
    [
      "no mode while two clusters have their own",
      {
        object: annotated(serving, MODE, undefined),
        oldObject: serving,
        advice: adviceOf(peer("b", { service: "own" })),
      },
      `metadata.annotations[${MODE}]`,
      /now a, b have one/,
    ],
    [
      "union with another number for a port",
      { ...become("union"), advice: adviceOf(peer("b", { service: "own", mode: "union", ports: http(8080) })) },
      "spec.ports",
      /cluster "b": ports differ/,
    ],
    [
      "union with another protocol in an adopted cluster",
      {
        ...become("union", annotated(serving, ADOPT, "b")),
        advice: adviceOf(peer("b", { service: "own", ports: http(80, "UDP") })),
      },
      "spec.ports",
      /80\/TCP against http 80\/UDP/,
    ],
    [
      "a declaration while a clock is ahead",
      { ...become("union"), advice: { ...adviceOf(peer("b")), latest: ahead } },
      `metadata.annotations[${MODE}]`,
      /more than 5 minutes ahead.*kubectl syndicate status web -n shop$/,
    ],
  ];
  for (const [name, parts, field, says] of rows) {
    test(name, () => {
      const { fields, message } = judge(situation(parts));
      assert.deepEqual(fields, [field], message);
      assert.match(message, says);
    });
  }

  test("all reasons at once, one line each", () => {
    const base = withSpec({ type: "NodePort", externalTrafficPolicy: "Local" }, selectorless());
    const { fields, message } = judge(situation({ ...become("receiver", base), advice: adviceOf() }));
    assert.deepEqual(fields, ["spec.externalTrafficPolicy", "spec.selector", `metadata.annotations[${MODE}]`]);
    assert.match(message, /^3 problems:\n- spec/);
    assert.equal(message.split("\n").length, 4);
  });
});
