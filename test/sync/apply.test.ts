import assert from "node:assert/strict";
import { test } from "node:test";
import { CONDITION_IN_SYNC } from "../../shared/keys.ts";
import type { KubeClient } from "../../shared/kube/client.ts";
import type { Condition, Service } from "../../shared/kube/objects.ts";
import { applyCondition } from "../../sync/apply.ts";

const NOW = Date.parse("2026-01-31T12:00:00.700Z");
const EARLIER = "2026-01-31T11:00:00Z";
const foreign: Condition = { type: "other", status: "True", reason: "", message: "", lastTransitionTime: EARLIER };
const holding: Condition = {
  type: CONDITION_IN_SYNC,
  status: "False",
  reason: "Holding",
  message: "waits",
  lastTransitionTime: EARLIER,
};

const rows: [what: string, existing: Condition[], desired: Parameters<typeof applyCondition>[2], wanted: unknown][] = [
  [
    "the first word",
    [foreign],
    { status: "False", reason: "Holding", message: "waits" },
    { ...holding, lastTransitionTime: "2026-01-31T12:00:00Z" },
  ],
  ["the same again", [foreign, holding], { status: "False", reason: "Holding", message: "waits" }, undefined],
  [
    "another reason",
    [holding],
    { status: "False", reason: "Conflict", message: "apart" },
    { ...holding, reason: "Conflict", message: "apart" },
  ],
  [
    "another status",
    [holding],
    { status: "True", reason: "InSync", message: "" },
    { ...holding, status: "True", reason: "InSync", message: "", lastTransitionTime: "2026-01-31T12:00:00Z" },
  ],
  ["nothing any more", [foreign, holding], undefined, { $patch: "delete", type: CONDITION_IN_SYNC }],
  ["nothing, as before", [foreign], undefined, undefined],
];

for (const [what, conditions, desired, wanted] of rows) {
  test(`condition: ${what}`, async () => {
    const written: unknown[] = [];
    const patch = async (...call: unknown[]) => void written.push(call.slice(0, 3));
    const metadata = { name: "web", namespace: "shop" };
    const service: Service = { metadata, spec: { ports: [] }, status: { conditions } };
    await applyCondition({ patch } as unknown as KubeClient, service, desired, NOW);
    const path = "/api/v1/namespaces/shop/services/web/status";
    assert.deepEqual(written, wanted ? [[path, { status: { conditions: [wanted] } }, "strategic"]] : []);
  });
}
