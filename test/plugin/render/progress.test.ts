import assert from "node:assert/strict";
import { test } from "node:test";
import { planMove } from "../../../plugin/migrate/plan.ts";
import type { MoveEvent } from "../../../plugin/migrate/run.ts";
import { liveProgress } from "../../../plugin/render/live.ts";
import { choosePaint } from "../../../plugin/render/paint.ts";
import { plainProgress } from "../../../plugin/render/progress.ts";
import { assertGolden } from "../golden.ts";
import { unionMove } from "../moves.ts";
import { recordIo } from "../recorded-io.ts";

const plan = planMove(unionMove, 5000);
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

const explain = ({ waits: told }: MoveEvent & { kind: "waiting" }) =>
  told.map((wait) => (wait.cluster === "east" ? { ...wait, next: "kubectl get pods" } : wait));

function tellStory(isTTY: boolean, size: { columns: number; rows?: number } = { columns: 80 }) {
  let now = 0;
  const clock = { now: () => now, after: () => () => undefined };
  const io = recordIo({ clock, now: () => 1_700_000_000_000 + now });
  Object.assign(io.stderr, { isTTY, ...size });
  const paint = choosePaint(io, { isTTY: false }, "never");
  const view = isTTY ? liveProgress(io, plan, paint, explain) : plainProgress(io, plan, "shop/web", explain);
  for (const [ms, event] of story) {
    now += ms;
    view.show(event);
  }
  view.stopping();
  view.end(true);
  return io.err();
}

test("plain: one line per change, and a sign of life after 30 s of silence", () => {
  const text = tellStory(false);
  assertGolden("progress-plain.txt", text);
  assert.equal(text.split("\n").filter((line) => line.endsWith("(still)")).length, 1);
  assert.ok(!text.includes("\x1b"));
});

/** What a terminal shows after each frame. */
function replay(text: string): string[] {
  let screen: string[] = [];
  let up = 0;
  // Each frame ends with how far the next one goes up.
  const [, ...frames] = text.split("\x1b[J");
  return frames.map((frame) => {
    const [lines = "", next] = frame.split("\x1b[");
    screen = [...screen.slice(0, screen.length - up), ...lines.split("\n").slice(0, -1)];
    up = next === undefined ? 0 : Number.parseInt(next, 10);
    return screen.join("\n");
  });
}

test("live: redrawn in place, with the reason and the command that helps", () => {
  const frames = replay(tellStory(true));
  assert.equal(frames.length, story.length + 2);
  assertGolden("progress-live.txt", `${frames[9]}\n\n${frames.at(-2)}\n\n${frames.at(-1)}\n`);
});

test("live: nothing is wider or higher than the window", () => {
  for (const frame of replay(tellStory(true, { columns: 40, rows: 6 }))) {
    assert.ok(frame.split("\n").length < 6, frame);
    for (const line of frame.split("\n")) assert.ok(line.length < 40, line);
  }
});
