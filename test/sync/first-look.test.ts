import assert from "node:assert/strict";
import { test } from "node:test";
import { DEAD_PEER_MS, hasLooked, SLOW_PEER_MS, type StartingPeer } from "../../sync/first-look.ts";

const READ: StartingPeer = { readable: true, lastError: undefined };
const LISTING: StartingPeer = { readable: false, lastError: undefined };
const FAILING: StartingPeer = { readable: false, lastError: new Error("connection refused") };
const REFUSED = undefined;

const cases: [name: string, ms: number, connected: boolean, peers: (StartingPeer | undefined)[], expected: boolean][] =
  [
    ["no peers", 0, true, [], true],
    ["peers have not said yet who they are", 0, false, [READ], false],
    ["all are read", 0, true, [READ, READ], true],
    ["refused ones are not waited for", 0, true, [READ, REFUSED], true],
    ["one is being read", 5, true, [READ, LISTING], false],
    ["one fails and may come back", DEAD_PEER_MS - 1, true, [READ, FAILING], false],
    ["one fails for long", DEAD_PEER_MS, true, [READ, FAILING], true],
    ["one is dead, another one still being read", DEAD_PEER_MS, true, [FAILING, LISTING], false],
    ["one says for long who it is", SLOW_PEER_MS - 1, false, [], false],
    ["one never ends being read", SLOW_PEER_MS, true, [LISTING], true],
    ["one never says who it is", SLOW_PEER_MS, false, [], true],
  ];

for (const [name, ms, connected, peers, expected] of cases) {
  test(`${name}: ${expected ? "decide" : "wait"}`, () => assert.equal(hasLooked(ms, connected, peers), expected));
}
