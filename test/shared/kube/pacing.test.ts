import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ApiError } from "../../../shared/kube/api-error.ts";
import { type Attempt, Pacing, type Stage } from "../../../shared/kube/pacing.ts";

const TIMINGS = { backoffMs: [800, 30_000] as const, healthyMs: 30_000 };
/** The longest pauses there can be: jitter only shortens them. */
const pacing = () => new Pacing(TIMINGS, () => 1);

const failed = (status: number, retryAfterSeconds?: number) =>
  new ApiError({ status, reason: "", message: "", path: "/", cluster: "east", retryAfterSeconds });
const attempt = (stage: Stage, more: Partial<Attempt> = {}): Attempt => {
  return { stage, tookMs: 0, watchedMs: undefined, moved: false, error: failed(500), ...more };
};

describe("pauses between attempts", () => {
  for (const stage of ["list", "first watch", "watch"] as const) {
    test(`${stage}: they double up to the longest`, () => {
      const one = pacing();
      const pauses = Array.from({ length: 8 }, () => one.pauseAfter(attempt(stage)));
      assert.deepEqual(pauses, [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
    });
  }

  test("a watch that served its time is renewed at once, one that ended too soon is not", () => {
    const one = pacing();
    assert.equal(one.pauseAfter(attempt("watch", { watchedMs: 1000, error: undefined })), 0);
    assert.equal(one.pauseAfter(attempt("watch", { watchedMs: 999, error: undefined })), 800);
  });

  test("one that brought something is renewed at once however soon it ended, unless it broke", () => {
    const one = pacing();
    assert.equal(one.pauseAfter(attempt("watch", { watchedMs: 10, moved: true, error: undefined })), 0);
    assert.equal(one.pauseAfter(attempt("watch", { watchedMs: 10, moved: true, error: failed(500) })), 800);
  });

  test("the time an attempt hung counts", () => {
    assert.equal(pacing().pauseAfter(attempt("list", { tookMs: 500 })), 300);
    assert.equal(pacing().pauseAfter(attempt("list", { tookMs: 5000 })), 0);
  });

  test("what the server asks for is the least", () => {
    assert.equal(pacing().pauseAfter(attempt("list", { error: failed(429, 7) })), 7000);
  });
});

describe("what a success is worth", () => {
  const outage = (stage: Stage) => {
    const one = pacing();
    for (let i = 0; i < 9; i++) one.pauseAfter(attempt(stage));
    return one;
  };

  test("a place that is gone after an outage is listed anew without the outage's pause", () => {
    assert.equal(outage("watch").pauseAfter(attempt("watch", { error: failed(410) })), 800);
  });

  test("a first watch refused after an outage costs its own first pause", () => {
    const one = outage("list");
    one.listed();
    assert.equal(one.pauseAfter(attempt("first watch")), 800);
  });

  test("lists that succeed while every watch is refused become seldom", () => {
    const one = pacing();
    const pauses = Array.from({ length: 7 }, () => {
      one.listed();
      return one.pauseAfter(attempt("first watch", { error: failed(410) }));
    });
    assert.equal(pauses.at(-1), 30_000);
  });

  test("a watch that lasted forgets everything", () => {
    const one = outage("first watch");
    one.pauseAfter(attempt("first watch", { watchedMs: 30_000, error: undefined }));
    assert.equal(one.pauseAfter(attempt("first watch")), 800);
  });
});
