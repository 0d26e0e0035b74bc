import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Identity, parseIdentity, renderIdentity } from "../../shared/identity.ts";

const name = fc.stringMatching(/^[a-z]([a-z0-9.-]{0,10}[a-z0-9])?$/);
const texts = fc.dictionary(name, fc.string());
const scope = fc.record({ watch: fc.array(name), exclude: fc.array(name) });
const identity = fc.record(
  {
    clusterName: name,
    version: fc.string(),
    podCIDRs: fc.constantFrom([], ["10.1.0.0/16"], ["10.1.0.0/16", "fd00::/64"]),
    settings: fc.record({
      unionSelector: fc.constantFrom("strip" as const, "keep" as const),
      endpoints: fc.constantFrom("mirror" as const, "off" as const),
    }),
    scope,
    clusterUid: fc.uuid(),
    peers: fc.uniqueArray(name).map((names) => names.sort()),
    peerUids: texts,
    peersRefused: texts,
  },
  { requiredKeys: ["clusterName", "version", "podCIDRs", "settings"] },
);

test("what is rendered is parsed again, field by field", () => {
  fc.assert(
    fc.property(identity, (one: Identity) => {
      // fast-check makes objects without a prototype.
      const plain = JSON.parse(JSON.stringify(one)) as Identity;
      assert.deepEqual(parseIdentity(renderIdentity(plain)), plain);
    }),
  );
});

const NOTHING: Identity = {
  clusterName: "east",
  version: "",
  podCIDRs: [],
  settings: { unionSelector: "strip", endpoints: "mirror" },
};

const odd: [string, Record<string, string>, Identity | undefined][] = [
  ["no name", { clusterUid: "u" }, undefined],
  ["a name alone", { clusterName: "east" }, NOTHING],
  ["a scope that is no JSON", { clusterName: "east", scope: "all" }, NOTHING],
  ["a scope without lists", { clusterName: "east", scope: '{"watch":"shop"}' }, NOTHING],
  ["uids that are a number", { clusterName: "east", peerUids: "7" }, NOTHING],
  ["uids that are no texts", { clusterName: "east", peerUids: '{"west":7}', peersRefused: "[1]" }, NOTHING],
  ["no peers", { clusterName: "east", peers: "" }, { ...NOTHING, peers: [] }],
  [
    "peers as people write lists",
    { clusterName: "east", peers: "west, north," },
    { ...NOTHING, peers: ["west", "north"] },
  ],
];

for (const [what, data, expected] of odd) {
  test(`data with ${what}`, () => assert.deepEqual(parseIdentity(data), expected));
}
