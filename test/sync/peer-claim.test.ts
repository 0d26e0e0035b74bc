import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refuseClaim } from "../../sync/peer-claim.ts";

const own = { name: "east", uid: "u-east" };
const known = new Map([
  ["west", "u-west"],
  ["south", "u-south"],
]);

const rows: { name: string; claim: { name: string; uid: string; said?: string }; refused?: RegExp }[] = [
  { name: "a cluster nobody knew, not installed yet", claim: { name: "north", uid: "u-north" } },
  { name: "a known cluster under its name", claim: { name: "west", uid: "u-west", said: "west" } },
  { name: "another cluster under a known name", claim: { name: "west", uid: "u-new" }, refused: /forget west first/ },
  {
    name: "a known cluster under another name",
    claim: { name: "north", uid: "u-west" },
    refused: /same cluster as west/,
  },
  { name: "this cluster under another name", claim: { name: "north", uid: "u-east" }, refused: /this cluster itself/ },
  {
    name: "another cluster under this one's name",
    claim: { name: "east", uid: "u-north" },
    refused: /named like this/,
  },
  {
    name: "a cluster that calls itself otherwise",
    claim: { name: "west", uid: "u-west", said: "w" },
    refused: /itself "w"/,
  },
];

describe("who a peer may be", () => {
  for (const { name, claim, refused } of rows) {
    it(name, () => {
      const reason = refuseClaim({ said: undefined, ...claim }, own, known);
      if (refused) assert.match(reason ?? "accepted", refused);
      else assert.equal(reason, undefined);
    });
  }
});
