import assert from "node:assert/strict";
import { test } from "node:test";
import { changeForgotten, type Forgetter, findObjections } from "../../../plugin/forget/orders.ts";

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

function forgetter(name: string, peers: string[], forgotten: string[] = []): Forgetter {
  return { name, dependents: [], peers, forgotten };
}

const east = forgetter("east", ["west", "north"]);
const north = forgetter("north", ["west", "east"]);

const objections: [string, string, Forgetter[], boolean, string[]][] = [
  ["a dead cluster, all others told", "west", [east, north], false, []],
  ["it answers", "west", [east, north], true, ["west answers: its clients would not be waited for any more"]],
  [
    "a slip",
    "wset",
    [east, north],
    false,
    ["nobody knows wset; known are east, north, west", "west was not reached; it has to be told too"],
  ],
  [
    "the name of a context",
    "arn:aws:eks:1:cluster/west",
    [forgetter("east", ["west"])],
    false,
    ["nobody knows arn:aws:eks:1:cluster/west; known are west", "west was not reached; it has to be told too"],
  ],
  ["another one is silent too", "west", [east], false, ["north was not reached; it has to be told too"]],
  ["another one is forgotten already", "west", [forgetter("east", ["west", "north"], ["north"])], false, []],
  [
    "unlinked since, and needed still",
    "west",
    [{ ...forgetter("east", []), dependents: [{ service: "shop/web", because: "west serves it" }] }],
    false,
    [],
  ],
  ["unlinked since, and forgotten", "west", [forgetter("east", [], ["west"])], false, []],
  [
    "itself",
    "east",
    [east, north],
    false,
    ["east cannot forget itself", "west was not reached; it has to be told too"],
  ],
  ["nobody answers", "west", [], false, ["nobody knows west; known are no others"]],
];

for (const [what, cluster, forgetters, answers, wanted] of objections) {
  test(`what speaks against it: ${what}`, () => assert.deepEqual(findObjections(cluster, forgetters, answers), wanted));
}
