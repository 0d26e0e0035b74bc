import assert from "node:assert/strict";
import { test } from "node:test";
import { choosePaint } from "../../../plugin/render/paint.ts";
import { renderJudgement } from "../../../plugin/set/rendering.ts";
import { annotationsOf, type Judgement, judgeWish, type Wish } from "../../../plugin/set/wish.ts";
import { ADOPT, MIN_READY, MODE, SELECTOR, SUCCESSOR, SYNC_USER } from "../../../shared/keys.ts";
import type { Mode } from "../../../shared/mode.ts";
import { adviseOn } from "../../../shared/protocol/advise.ts";
import { World } from "../../model/world.ts";
import { assertGolden } from "../golden.ts";
import { createService, replicated, webService } from "../model-clusters.ts";
import { moved, union } from "../status/worlds.ts";

function judgeIn(world: World, cluster: string, wish: Wish): Judgement {
  const service = world.cluster(cluster).services.get("web");
  assert.ok(service);
  const settings = { cluster, syncUser: SYNC_USER, unionSelector: "strip" as const };
  const advice = adviseOn(world.snapshot(cluster, true));
  return judgeWish(wish, { service, settings, advice, peers: ["east", "west"], now: world.now });
}

/** West does not answer, and nothing was ever read of it. */
function silent(): World {
  const world = replicated();
  world.cluster("west").reachable = false;
  world.cluster("west").services.clear();
  return world;
}

/** No context leads to west. */
function alone(): World {
  const world = new World("east");
  createService(world, "east", webService());
  return world;
}

const verdicts: [string, () => World, string, Mode | undefined, Partial<Record<keyof Judgement, unknown>>][] = [
  [
    "union where it lives",
    replicated,
    "east",
    "union",
    { from: "absent", to: "union", undo: "source", violations: [] },
  ],
  ["receiver: the only other cluster takes over", replicated, "east", "receiver", { violations: [], undo: "source" }],
  ["source on the replica", replicated, "west", "source", { violations: [], undo: "none", removed: [] }],
  ["singular deletes the replicas", replicated, "east", "singular", { removed: ["west"], perhaps: [], undo: "none" }],
  ["singular, and nobody knows what west has", silent, "east", "singular", { removed: [], perhaps: ["west"] }],
  ["singular, and west was not looked at", alone, "east", "singular", { removed: [], perhaps: ["west"] }],
  ["union, whoever answers", silent, "east", "union", { perhaps: [] }],
  ["singular on a replica deletes that one", replicated, "west", "singular", { removed: ["west"] }],
  ["back from a receiver", moved, "east", "source", { from: "receiver", undo: "receiver", violations: [] }],
  ["the mode it has", union, "east", "union", { idle: true, undo: "union" }],
];

for (const [name, make, cluster, mode, wanted] of verdicts) {
  test(`set: ${name}`, () => {
    const judgement = judgeIn(make(), cluster, { mode });
    for (const [key, value] of Object.entries(wanted)) assert.deepEqual(judgement[key as keyof Judgement], value, key);
  });
}

const refusals: [string, () => World, string, Wish, RegExp][] = [
  ["no mode out of a union", union, "east", { mode: undefined }, /mode "union" cannot be removed/],
  ["a successor nobody knows", replicated, "east", { mode: "receiver", successor: "north" }, /"north"/],
  ["nonsense as min-ready", replicated, "east", { mode: "union", minReady: "many" }, /min-ready|must be/],
  [
    "a union of other ports",
    () => {
      const world = replicated();
      const ports = [{ name: "http", port: 81, protocol: "TCP" }];
      world.cluster("west").services.delete("web");
      createService(world, "west", webService({ ports }));
      return world;
    },
    "east",
    { mode: "union", adopt: "west" },
    /cannot be united with cluster "west"/,
  ],
];

for (const [name, make, cluster, wish, words] of refusals) {
  test(`set refuses: ${name}`, () => {
    const { violations } = judgeIn(make(), cluster, wish);
    assert.match(violations.map(({ problem }) => problem).join("\n"), words);
  });
}

test("the annotations of a wish", () => {
  const wish: Wish = {
    mode: "receiver",
    successor: "west",
    adopt: "north",
    selector: { b: "2", a: "1" },
    minReady: "3",
  };
  assert.deepEqual(annotationsOf(wish), {
    [MODE]: "receiver",
    [SUCCESSOR]: "west",
    [ADOPT]: "north",
    [SELECTOR]: '{"a":"1","b":"2"}',
    [MIN_READY]: "3",
  });
  assert.deepEqual(annotationsOf({ mode: undefined }), { [MODE]: null });
});

test("what set says: accepted, accepted with a price, refused", () => {
  const paint = choosePaint({ env: { LANG: "C.UTF-8" } }, { isTTY: false }, "auto");
  const place = { cluster: "east", context: "east", server: "https://east.example:6443" };
  const texts = [
    judgeIn(replicated(), "east", { mode: "union" }),
    judgeIn(replicated(), "east", { mode: "singular" }),
    judgeIn(union(), "east", { mode: undefined }),
  ].map((judgement) => renderJudgement({ namespace: "shop", name: "web" }, place, judgement, paint).join("\n"));
  assertGolden("set.txt", `${texts.join("\n\n")}\n`);
});
