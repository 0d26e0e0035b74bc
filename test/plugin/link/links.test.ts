import assert from "node:assert/strict";
import { test } from "node:test";
import { findDependents } from "../../../plugin/link/dependents.ts";
import {
  type LinkStatus,
  linkStatus,
  type Reader,
  renderLinks,
  withoutFile,
} from "../../../plugin/link/link-status.ts";
import type { ProbedPeer } from "../../../plugin/link/probe.ts";
import { choosePaint } from "../../../plugin/render/paint.ts";
import type { World } from "../../model/world.ts";
import { assertGolden } from "../golden.ts";
import { replicated } from "../model-clusters.ts";
import { moved, union } from "../status/worlds.ts";

const NOW = Date.parse("2026-11-21T10:00:00Z");

const good: ProbedPeer = {
  name: "west",
  server: "https://10.0.0.2:6443",
  podCIDRs: ["10.2.0.0/16"],
  credential: "token",
  state: "ok",
};
const away = "no answer: connect ECONNREFUSED 10.0.0.4:6443";
const peers: [ProbedPeer, Partial<Reader>, LinkStatus["state"]][] = [
  [good, { peers: ["west"] }, "ok"],
  [{ ...good, name: "south", podCIDRs: [], ends: "2026-11-23T10:00:00Z" }, { peers: [] }, "waiting"],
  [{ ...good, name: "north", state: "unknown", problem: away }, { peers: ["north"] }, "unknown"],
  [
    { ...good, name: "far", server: "", credential: "none", state: "refused", problem: "far: users is missing" },
    {},
    "refused",
  ],
  [
    { ...good, name: "old", ends: "2026-11-20T10:00:00Z", state: "refused", problem: "credentials refused" },
    { peers: ["old"] },
    "refused",
  ],
  [{ ...good, name: "new" }, { peers: ["new"], refused: { new: "it is the cluster known as west" } }, "refused"],
  [
    { ...good, name: "gone", state: "unknown", problem: away },
    { forgotten: new Set(["gone"]), refused: { gone: "x" } },
    "forgotten",
  ],
];

test("what links prints", () => {
  const nobody: Reader = { cluster: "east", peers: undefined, refused: {}, forgotten: undefined };
  const read = peers.map(([peer, reader]) => linkStatus(peer, { ...nobody, ...reader }));
  assert.deepEqual(
    read.map(({ state }) => state),
    peers.map(([, , state]) => state),
  );
  const forgotten = { ...nobody, peers: ["west", "mounted"], forgotten: new Set(["west", "lost"]) };
  const links = [...read, ...withoutFile(forgotten, new Set(["west"])), ...withoutFile(nobody, new Set())];
  const paint = choosePaint({ env: {} }, { isTTY: false }, "auto");
  assertGolden("links.txt", `${renderLinks(links, paint, true, NOW).join("\n")}\n`);
});

const worlds: [string, () => World, string, string, string | undefined][] = [
  ["a replica depends on its origin", replicated, "west", "east", "a replica of east, publishes pods of east"],
  ["the origin on nobody", replicated, "east", "west", undefined],
  ["a union on everybody", union, "east", "west", "publishes pods of west"],
  ["who follows on the server", moved, "east", "west", "publishes pods of west, west serves it"],
  ["the server on nobody", moved, "west", "east", undefined],
];

for (const [name, make, cluster, peer, because] of worlds) {
  test(`dependents: ${name}`, () => {
    const { services, slices } = make().cluster(cluster);
    const found = findDependents(peer, [...services.values()], [...slices.values()]);
    assert.deepEqual(found, because === undefined ? [] : [{ service: "shop/web", because }]);
  });
}
