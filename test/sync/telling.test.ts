import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { pino } from "pino";
import { Gauge, Registry } from "prom-client";
import type { Service } from "../../shared/kube/objects.ts";
import type { SyncCondition } from "../../shared/protocol/condition.ts";
import type { EventRecorder } from "../../sync/events.ts";
import type { Propagation } from "../../sync/propagation.ts";
import { Reasons } from "../../sync/reasons.ts";
import { createHooks } from "../../sync/telling.ts";

// Which Services the metric names as not in sync, and when people are told.

const WEB: Service = { metadata: { namespace: "shop", name: "web" }, spec: {} };
const HOLDING: SyncCondition = { status: "False", reason: "Conflict", message: "apart" };
const IN_SYNC: SyncCondition = { status: "True", reason: "InSync", message: "" };

let recorded: string[];
let gauge: Gauge<"namespace" | "name" | "reason">;
let reasons: Reasons;

beforeEach(() => {
  recorded = [];
  const labelNames = ["namespace", "name", "reason"] as const;
  gauge = new Gauge({ name: "not_in_sync", help: "-", labelNames, registers: [new Registry()] });
  reasons = new Reasons(gauge);
});

function hooks() {
  const recorder = { record: (_: Service, __: string, reason: string) => void recorded.push(reason) };
  return createHooks({
    propagation: {} as Propagation,
    reasons,
    recorder: recorder as unknown as EventRecorder,
    log: pino({ level: "silent" }),
  });
}

const shown = async () => (await gauge.get()).values.map(({ labels }) => labels.reason);

test("a condition found as it is to be counts for the metric, and is no news", async () => {
  hooks().onCondition(WEB, HOLDING, false);
  assert.deepEqual([await shown(), recorded], [["Conflict"], []]);
  assert.deepEqual([...reasons.keys], ["shop/web"]);
});

test("a condition that was written is told, and its reason goes when it is in sync", async () => {
  hooks().onCondition(WEB, HOLDING, true);
  assert.deepEqual([await shown(), recorded], [["Conflict"], ["Conflict"]]);
  hooks().onCondition(WEB, IN_SYNC, false);
  assert.deepEqual([await shown(), [...reasons.keys]], [[], []]);
});

test("whoever does not lead any more tells nothing", async () => {
  hooks().onCondition(WEB, HOLDING, true);
  reasons.clear();
  assert.deepEqual([await shown(), reasons.count("Conflict")], [[], 0]);
});
