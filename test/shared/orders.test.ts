import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findPast, parseOrders } from "../../shared/orders.ts";

const NOON = Date.parse("2026-01-31T12:00:00Z");

const rows: { name: string; data: Record<string, string>; forget?: string[]; until?: number; problem?: RegExp }[] = [
  { name: "nothing", data: {} },
  { name: "one cluster", data: { forget: "west" }, forget: ["west"] },
  {
    name: "several, as people write lists",
    data: { forget: " west, south\nnorth" },
    forget: ["west", "south", "north"],
  },
  { name: "the own one", data: { forget: "east,west" }, forget: ["west"], problem: /east is this cluster itself/ },
  { name: "deletions until a time", data: { allowDeletionsUntil: "2026-01-31T12:00:00Z" }, until: NOON },
  { name: "no time", data: { allowDeletionsUntil: "tomorrow" }, problem: /"tomorrow" is no time/ },
  { name: "a word that is none", data: { forgot: "west" }, problem: /forgot: no order/ },
];

describe("orders of an operator", () => {
  for (const { name, data, forget = [], until = 0, problem } of rows) {
    it(name, () => {
      const { orders, problems } = parseOrders(data, "east");
      assert.deepEqual({ forget: [...orders.forgotten], until: orders.deletionsUntil }, { forget, until });
      assert.match(problems.join(), problem ?? /^$/);
    });
  }

  it("a time that is past is told, one to come and none are not", () => {
    const pastAt = (data: Record<string, string>, now: number) =>
      findPast(parseOrders(data, "east").orders, now).join();
    const until = { allowDeletionsUntil: "2026-01-31T12:00:00Z" };
    assert.equal(pastAt(until, NOON - 1), "");
    assert.match(pastAt(until, NOON), /2026-01-31T12:00:00.000Z is past/);
    assert.equal(pastAt({}, NOON), "");
  });
});
