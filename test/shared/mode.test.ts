import assert from "node:assert/strict";
import { test } from "node:test";
import { MODES, parseMode, suggestMode } from "../../shared/mode.ts";

test("the four words are modes, as written", () => {
  assert.deepEqual(MODES, ["source", "receiver", "union", "singular"]);
  for (const mode of MODES) assert.equal(parseMode(mode), mode);
});

const notModes = ["", "Source", " source", "source ", "sources", "absent", "none", "constructor", "__proto__"];
for (const word of notModes) {
  test(`${JSON.stringify(word)} is no mode`, () => assert.equal(parseMode(word), undefined));
}

test("no word is no mode", () => assert.equal(parseMode(undefined), undefined));

const suggestions: [word: string, meant: string | undefined][] = [
  ["Source", "source"],
  [" source\n", "source"],
  ["sorce", "source"],
  ["soruce", "source"],
  ["reciever", "receiver"],
  ["recever", "receiver"],
  ["unoin", "union"],
  ["UNION", "union"],
  ["singulr", "singular"],
  ["primary", undefined],
  ["", undefined],
  ["x".repeat(300_000), undefined],
];
for (const [word, meant] of suggestions) {
  test(`${JSON.stringify(word.slice(0, 20))} suggests ${meant ?? "nothing"}`, () => {
    assert.equal(suggestMode(word), meant);
  });
}
