import assert from "node:assert/strict";
import { test } from "node:test";
import { choosePaint } from "../../../plugin/render/paint.ts";
import { plain, renderTable } from "../../../plugin/render/table.ts";

const rows: [string, string, Record<string, string>, boolean, boolean][] = [
  ["a terminal", "auto", {}, true, true],
  ["a pipe", "auto", {}, false, false],
  ["the flag wins", "always", { NO_COLOR: "1" }, false, true],
  ["never", "never", { FORCE_COLOR: "1" }, true, false],
  ["NO_COLOR", "auto", { NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
  ["an empty NO_COLOR says nothing", "auto", { NO_COLOR: "" }, true, true],
  ["FORCE_COLOR in a pipe", "auto", { FORCE_COLOR: "1" }, false, true],
  ["FORCE_COLOR=0", "auto", { FORCE_COLOR: "0" }, true, false],
  ["a dumb terminal", "auto", { TERM: "dumb" }, true, false],
  ["CI alone does not colour", "auto", { CI: "true" }, false, false],
];

for (const [name, flag, env, isTTY, colored] of rows) {
  test(name, () => assert.equal(choosePaint({ env }, { isTTY }, flag).good("x") !== "x", colored));
}

test("colours do not count for the width of a column", () => {
  const red = (text: string) => `\x1b[31m${text}\x1b[39m`;
  const lines = renderTable([
    plain("NAME", "SYNC", "AGE"),
    [{ text: "web" }, { text: "Holding", paint: red }, { text: "3h" }],
  ]);
  assert.deepEqual(lines, ["NAME   SYNC      AGE", "web    \x1b[31mHolding\x1b[39m   3h"]);
});
