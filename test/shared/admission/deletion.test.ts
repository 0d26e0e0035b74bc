import assert from "node:assert/strict";
import { test } from "node:test";
import { validate } from "../../../shared/admission/validate.ts";
import type { Advice } from "../../../shared/advice.ts";
import { REPLICA_OF, SHADOW_OF, SYNC_USER } from "../../../shared/keys.ts";
import type { Service } from "../../../shared/kube/objects.ts";
import { adviceOf, following, peer, selectorless, service, situation, stripped } from "./situations.ts";

const source = service({ annotations: following("source", { mode: "source", at: "a", time: 5 }) });
const others = adviceOf(
  peer("b"),
  peer("c", { service: "own", mode: "receiver" }),
  peer("d", { service: "own" }),
  peer("e", { service: "none" }),
);

const rows: [name: string, oldObject: Service, advice: Advice | "unavailable", warning: RegExp][] = [
  ["a source with followers", source, others, /^clusters that follow this Service lose it: b, c$/],
  ["a Service without mode that has replicas", service(), others, /: b, c$/],
  ["a Service nobody follows", source, adviceOf(peer("d", { service: "none" })), /^$/],
  ["a source while nothing is known", source, "unavailable", /follow this Service lose it/],
  ["a plain Service while nothing is known", service(), "unavailable", /^$/],
  ["a receiver", stripped(), others, /^$/],
  ["a replica", selectorless({ labels: { [REPLICA_OF]: "b" } }), others, /will make it again/],
  ["a shadow", service({ labels: { [SHADOW_OF]: "shop" } }), others, /Service shop/],
];

for (const [name, oldObject, advice, warning] of rows) {
  test(`deleting ${name} is allowed`, () => {
    const { violations, warnings } = validate(situation({ operation: "DELETE", oldObject, advice }));
    assert.deepEqual(violations, []);
    assert.match(warnings.join("\n"), warning);
  });
}

test("nobody is warned about what the sync process deletes", () => {
  const before = situation({ operation: "DELETE", oldObject: source, advice: others, user: SYNC_USER });
  assert.deepEqual(validate(before), { violations: [], warnings: [] });
});

test("many followers still make a warning that is passed on whole", () => {
  const many = adviceOf(...Array.from({ length: 40 }, (_, i) => peer(`cluster-${i}`)));
  const { warnings } = validate(situation({ operation: "DELETE", oldObject: source, advice: many }));
  assert.equal(warnings[0]?.length, 120);
});
