import assert from "node:assert/strict";
import { test } from "node:test";
import { fitRows, openRegion } from "../../../plugin/render/region.ts";
import { cut, edgeOf, wrap, wrapLines } from "../../../plugin/render/wrap.ts";

test("a region goes up by the rows that its lines take now, colours not counted", () => {
  const written: string[] = [];
  const output = { columns: 80, write: (text: string) => void written.push(text) };
  const draw = openRegion(output);
  draw(["a".repeat(40), `\x1b[1m${"b".repeat(40)}\x1b[22m`, ""]);
  draw(["one"]);
  output.columns = 20;
  draw(["a".repeat(40), "b"]);
  draw([]);
  assert.deepEqual(
    written.map((text) => (text.startsWith("\x1b[") && text.includes("A") ? Number.parseInt(text.slice(2), 10) : 0)),
    [0, 3, 1, 3],
  );
});

test("a window made narrower has broken what stood there", () => {
  const written: string[] = [];
  const output = { columns: 80, write: (text: string) => void written.push(text) };
  const draw = openRegion(output);
  draw(["a".repeat(79), "b".repeat(41), "c"]);
  output.columns = 40;
  draw(["x"]);
  assert.ok(written[1]?.startsWith("\x1b[5A"));
});

test("lines that fit into the rows of a window", () => {
  const lines = ["a", "b".repeat(25), "c"];
  assert.deepEqual(fitRows(lines, { columns: 10, rows: undefined }), lines);
  assert.deepEqual(fitRows(lines, { columns: 10, rows: 6 }), lines);
  assert.deepEqual(fitRows(lines, { columns: 10, rows: 5 }), lines.slice(0, 2));
  assert.deepEqual(fitRows(lines, { columns: 10, rows: 4 }), ["a"]);
  assert.deepEqual(fitRows(lines, { columns: 10, rows: 1 }), []);
});

const wrapped: [string, number, number, string[]][] = [
  ["short", 10, 2, ["short"]],
  ["one two three", 8, 2, ["one two", "  three"]],
  ["unbreakablelongword", 10, 2, ["unbreakabl", "  elongwor", "  d"]],
  ["a b c d e f g h", 4, 2, ["a b", "  c d e f", "  g h"]],
];

for (const [text, columns, indent, lines] of wrapped) {
  test(`wrapped at ${columns}: ${text}`, () => assert.deepEqual(wrap(text, columns, indent), lines));
}

test("a line is cut with the ellipsis inside", () => {
  assert.deepEqual(
    [cut("abcdef", 6, "…"), cut("abcdef", 5, "…"), cut("abcdef", 5, "..."), cut("abcdef", 2, "...")],
    ["abcdef", "abcd…", "ab...", "..."],
  );
});

test("colours take no room, and go on over the break", () => {
  assert.deepEqual(wrap("\x1b[1mone two three\x1b[22m", 8, 2), ["\x1b[1mone two", "  three\x1b[22m"]);
});

test("lines are wrapped two columns deeper than they begin; commands stay whole", () => {
  const lines = ["  ok a name   with much detail", "      see: kubectl get pods -n shop -o wide", "short"];
  assert.deepEqual(wrapLines(lines, 20), ["  ok a name   with", "    much detail", lines[1], "short"]);
  assert.deepEqual(wrapLines(lines, edgeOf({ isTTY: false, columns: 20 })), lines);
  assert.equal(edgeOf({ isTTY: true, columns: 20 }), 20);
});
