import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDuration, parseDuration } from "../../plugin/duration.ts";

const read: [string, number | undefined][] = [
  ["300ms", 300],
  ["5s", 5000],
  ["1.5s", 1500],
  ["1m30s", 90_000],
  ["2h", 7_200_000],
  ["0", 0],
  ["0s", 0],
  [".5s", 500],
  ["1.h", 3_600_000],
  ["+2m", 120_000],
  ["1500us", 2],
  ["2500µs", 3],
  ["1ns", 1],
  ["s", undefined],
  ["-1s", undefined],
  ["30", undefined],
  ["", undefined],
  ["5 s", undefined],
  ["1d", undefined],
];
for (const [text, ms] of read) test(`reads "${text}"`, () => assert.equal(parseDuration(text), ms));

const written: [number, string][] = [
  [0, "0ms"],
  [450, "450ms"],
  [1000, "1s"],
  [9999, "9.9s"],
  [38_400, "38s"],
  [60_000, "1m"],
  [107_000, "1m47s"],
  [7_500_000, "2h5m"],
  [41 * 86_400_000, "41d"],
];
for (const [ms, text] of written) test(`writes ${ms} ms`, () => assert.equal(formatDuration(ms), text));
