import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModeOrAbsent } from "../../shared/mode.ts";
import { judgeTransition, type Need, renderTransitions, TABLE_ORDER } from "../../shared/transitions.ts";

/** The table spelled out a second time: old mode → new modes that are legal, with what they need. */
const legal: Record<ModeOrAbsent, Partial<Record<ModeOrAbsent, Need | "nothing">>> = {
  absent: { source: "nothing", receiver: "successor", union: "nothing", singular: "nothing" },
  source: { receiver: "successor", union: "nothing", singular: "nothing", absent: "oneOwn" },
  receiver: { source: "nothing", union: "nothing", singular: "nothing" },
  union: { source: "nothing", singular: "nothing", receiver: "successor" },
  singular: { source: "nothing", union: "nothing", absent: "oneOwn" },
};

for (const from of TABLE_ORDER) {
  for (const to of TABLE_ORDER) {
    if (from === to) continue;
    const need = legal[from][to];
    test(`${from} → ${to}: ${need ? `legal, needs ${need}` : "refused"}`, () => {
      const verdict = judgeTransition(from, to);
      assert.equal(verdict.legal, need !== undefined);
      if (verdict.legal) assert.equal(verdict.need ?? "nothing", need);
      else assert.ok(verdict.because && verdict.instead, "a refusal says why and what instead");
    });
  }
}

test("staying is always legal and needs nothing", () => {
  for (const mode of TABLE_ORDER) {
    const verdict = judgeTransition(mode, mode);
    assert.ok(verdict.legal && verdict.need === undefined);
  }
});

test("the printed table has one row and one column per mode", () => {
  const lines = renderTransitions().split("\n");
  assert.equal(lines.length, 2 + TABLE_ORDER.length);
  for (const line of lines) assert.equal(line.split("|").length, 2 + 1 + TABLE_ORDER.length);
  assert.match(lines[4] ?? "", /^\| \*\*receiver\*\* \| no \| yes \| – \| yes \| yes \|$/);
});
