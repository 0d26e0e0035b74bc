import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "../../shared/kube/objects.ts";
import { createRecorder } from "../../sync/events.ts";
import { manualClock } from "../shared/kube/manual-clock.ts";
import { StoredObjects } from "./stored-objects.ts";

const service = (uid = "u1"): Service => ({ metadata: { name: "web", namespace: "shop", uid }, spec: {} });

function setUp() {
  const clock = manualClock();
  const stored = new StoredObjects(clock);
  const errors: string[] = [];
  const recorder = createRecorder({
    client: stored.client,
    instance: "sync-1",
    now: clock.now,
    onError: (error) => void errors.push((error as Error).message),
  });
  const events = () => [...stored.objects.values()] as { reason?: string; series?: { count: number } }[];
  const counts = () => events().map(({ reason, series }) => [reason, series?.count ?? 1]);
  return { clock, stored, recorder, errors, counts };
}

test("the same again is counted, in as few writes as it takes", async () => {
  const { clock, stored, recorder, counts } = setUp();
  for (let i = 0; i < 50; i++) recorder.record(service(), "Warning", "Holding", "west is not ready");
  recorder.record(service(), "Warning", "Holding", "another reason");
  recorder.record(service("u2"), "Warning", "Holding", "west is not ready");
  await clock.advance(1000);
  assert.deepEqual(counts(), [
    ["Holding", 50],
    ["Holding", 1],
    ["Holding", 1],
  ]);
  assert.equal(stored.asked.length, 4);
});

test("after a rest it is told anew, also when Kubernetes has removed it", async () => {
  const { clock, stored, recorder, counts, errors } = setUp();
  const tell = async () => {
    recorder.record(service(), "Normal", "InSync", "serves");
    await clock.advance(1);
  };
  await tell();
  await clock.advance(7 * 60_000);
  await tell();
  assert.equal(counts().length, 2);
  stored.objects.clear();
  await tell();
  assert.equal(errors.length, 1);
  await tell();
  assert.deepEqual(counts(), [["InSync", 1]]);
});

test("a Service that flaps does not flood: others are told all the same, and it itself later", async () => {
  const { clock, recorder, counts, errors } = setUp();
  for (let i = 0; i < 100; i++) recorder.record(service(), "Warning", "Holding", `reason ${i}`);
  recorder.record(service("u2"), "Normal", "InSync", "serves");
  await clock.advance(1000);
  assert.equal(counts().length, 26);
  assert.equal(errors.length, 75);
  await clock.advance(11 * 60_000);
  recorder.record(service(), "Normal", "InSync", "serves");
  await clock.advance(1);
  assert.equal(counts().length, 27);
});
