import assert from "node:assert/strict";
import { test } from "node:test";
import { tell } from "../../../plugin/io.ts";
import { renderLines } from "../../../plugin/output/data.ts";
import { printable } from "../../../plugin/render/printable.ts";
import { recordIo } from "../recorded-io.ts";

const rows: [string, string, string][] = [
  ["plain text, tabs and lines", "a\tb\nc — ✔ 東", "a\tb\nc — ✔ 東"],
  ["colour stays", "\x1b[1;31mred\x1b[39m", "\x1b[1;31mred\x1b[39m"],
  ["the screen is not cleared", "\x1b[2J\x1b[H", "^[[2J^[[H"],
  ["the title is not set", "\x1b]0;x\x07", "^[]0;x\\x07"],
  ["no line is written over", "good\rbad\b", "good\\x0dbad\\x08"],
  ["8-bit sequences", "\x9b2J", "\\x9b2J"],
];

for (const [name, text, shown] of rows) {
  test(`on a terminal: ${name}`, () => {
    assert.equal(printable(text), shown);
    const io = recordIo();
    tell(io, text);
    assert.equal(io.err(), `${shown}\n`);
    assert.equal(renderLines([text]), `${shown}\n`);
  });
}
