import assert from "node:assert/strict";
import { test } from "node:test";
import { changeForgotten, findObjections } from "../../../plugin/forget/orders.ts";

const changes: [string | undefined, string, boolean, string | undefined][] = [
  [undefined, "west", false, "west"],
  ["", "west", false, "west"],
  ["north", "west", false, "north,west"],
  ["north, west", "west", false, undefined],
  ["north west\neast", "west", true, "north,east"],
  ["west", "west", true, ""],
  ["north", "west", true, undefined],
  [undefined, "west", true, undefined],
];

for (const [text, cluster, undo, expected] of changes) {
  test(`${undo ? "remember" : "forget"} ${cluster} where "${text}" is forgotten`, () =>
    assert.equal(changeForgotten(text, cluster, undo), expected));
}

test("what speaks against it", () => {
  assert.deepEqual(findObjections("west", [{ name: "east", dependents: [] }], false), []);
  const all = findObjections(
    "west",
    [
      { name: "west", dependents: [] },
      { name: "north", dependents: undefined },
    ],
    true,
  );
  assert.deepEqual(
    all.map((text) => text.split(" ").slice(0, 2).join(" ")),
    ["west answers:", "west cannot", "north cannot"],
  );
});
