import assert from "node:assert/strict";
import { test } from "node:test";
import { planMove } from "../../../plugin/migrate/plan.ts";
import type { MoveEvent } from "../../../plugin/migrate/run.ts";
import { choosePaint } from "../../../plugin/render/paint.ts";
import { liveProgress, plainProgress } from "../../../plugin/render/progress.ts";
import { assertGolden } from "../golden.ts";
import { recordIo } from "../recorded-io.ts";

const key = { namespace: "shop", name: "web" };
const plan = planMove({ key, from: "east", to: "west", strategy: "union", minReady: "3", adopt: false }, "5s");
const waits = [{ cluster: "east", message: "keeps serving: west has 2 of 3 ready endpoints" }];

/** Milliseconds that pass before each event. */
const story: [number, MoveEvent][] = [
  [0, { kind: "step", step: "prepare" }],
  [100, { kind: "wrote", step: "prepare", cluster: "west" }],
  [100, { kind: "step", step: "declare" }],
  [100, { kind: "wrote", step: "declare", cluster: "east" }],
  [100, { kind: "step", step: "unite" }],
  [500, { kind: "waiting", step: "unite", waits: [{ cluster: "west", message: "has not taken over the intent" }] }],
  [500, { kind: "step", step: "source" }],
  [100, { kind: "wrote", step: "source", cluster: "west" }],
  [100, { kind: "step", step: "drain" }],
  [500, { kind: "waiting", step: "drain", waits }],
  [20_000, { kind: "waiting", step: "drain", waits }],
  [11_000, { kind: "waiting", step: "drain", waits }],
  [1000, { kind: "step", step: "settle" }],
  [0, { kind: "settling", quietMs: 0 }],
  [5000, { kind: "settling", quietMs: 5000 }],
];

function tellStory(isTTY: boolean) {
  let now = 0;
  const clock = { now: () => now, after: () => () => undefined };
  const io = recordIo({ clock, now: () => 1_700_000_000_000 + now });
  Object.assign(io.stderr, { isTTY, columns: 80 });
  const paint = choosePaint(io, { isTTY: false }, "never");
  const view = isTTY ? liveProgress(io, plan, paint) : plainProgress(io, plan, "shop/web");
  for (const [ms, event] of story) {
    now += ms;
    view.show(event);
  }
  view.end(true);
  return io.err();
}

test("plain: one line per change, and a sign of life after 30 s of silence", () => {
  const text = tellStory(false);
  assertGolden("progress-plain.txt", text);
  assert.equal(text.split("\n").filter((line) => line.endsWith("(still)")).length, 1);
  assert.ok(!text.includes("\x1b"));
});

test("live: redrawn in place, no line wider than the terminal", () => {
  const text = tellStory(true);
  const frames = text.split(`\x1b[${plan.length + 1}A`);
  assert.equal(frames.length, story.length + 1);
  assertGolden("progress-live.txt", (frames.at(-1) ?? "").replaceAll("\x1b[2K", ""));
  const codes = [`\x1b[${plan.length + 1}A`, "\x1b[2K"];
  for (const line of codes.reduce((rest, code) => rest.replaceAll(code, ""), text).split("\n")) {
    assert.ok(line.length < 80, line);
  }
});
