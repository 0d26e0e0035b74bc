import assert from "node:assert/strict";
import { test } from "node:test";
import { sortBy } from "../../../plugin/output/sorting.ts";

const items = [
  { name: "web-10", ready: 2, at: { day: "2026-01-02" } },
  { name: "web-9", ready: 10 },
  { name: "api", ready: 1, at: { day: "2026-01-01" } },
];

for (const [path, expected] of [
  [".name", ["api", "web-10", "web-9"]],
  ["{.name}", ["api", "web-10", "web-9"]],
  ["ready", ["api", "web-10", "web-9"]],
  [".at.day", ["web-9", "api", "web-10"]],
] as const) {
  test(`by ${path}`, () => {
    assert.deepEqual(
      sortBy(items, path).map(({ name }) => name),
      expected,
    );
  });
}

test("what has no order, or is nowhere, is told", () => {
  assert.throws(() => sortBy(items, ".nowhere"), /couldn't find any field with path "\.nowhere"/);
  assert.throws(() => sortBy(items, ".at{"), /unexpected path string/);
  assert.throws(() => sortBy([{ a: {} }, { a: {} }], ".a"), /only numbers and texts have an order/);
  assert.deepEqual(sortBy([], ".anything"), []);
});
