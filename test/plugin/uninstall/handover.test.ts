import assert from "node:assert/strict";
import { test } from "node:test";
import { choosePaint } from "../../../plugin/render/paint.ts";
import { findObstacles, type Handover, listHandovers } from "../../../plugin/uninstall/handover.ts";
import { renderHandovers } from "../../../plugin/uninstall/rendering.ts";
import { MODE } from "../../../shared/keys.ts";
import type { World } from "../../model/world.ts";
import { assertGolden } from "../golden.ts";
import { createService, letRest, replicated, webService } from "../model-clusters.ts";
import { moved, union } from "../status/worlds.ts";

function handoversOf(world: World, cluster: string): Handover[] {
  const { services, slices } = world.cluster(cluster);
  return listHandovers([...services.values()], [...slices.values()]);
}

const worlds: [string, () => World, string, Pick<Handover, "kind" | "selector"> | undefined][] = [
  ["a Service nobody declared anything of", replicated, "east", undefined],
  ["a replica", replicated, "west", { kind: "delete" }],
  ["one of a union", union, "east", { kind: "restore", selector: { app: "web" } }],
  ["who follows", moved, "east", { kind: "restore", selector: { app: "web" } }],
  ["who serves", moved, "west", { kind: "clean" }],
  [
    "who was promoted and follows again before it selected anything: it knows its origin's selector alone",
    () => {
      const world = replicated();
      world.annotate("east", { [MODE]: "receiver" });
      world.reconcile("east");
      world.reconcile("west", 1);
      world.wait(5000);
      world.annotate("east", { [MODE]: "source" });
      letRest(world);
      return world;
    },
    "west",
    { kind: "restore", selector: { app: "web" } },
  ],
  [
    "who is about to be served by others too",
    () => {
      const world = replicated();
      world.annotate("east", { [MODE]: "receiver" });
      letRest(world);
      return world;
    },
    "east",
    { kind: "clean", selector: { app: "web" } },
  ],
];

for (const [name, make, cluster, wanted] of worlds) {
  test(`uninstall: ${name}`, () => {
    const found = handoversOf(make(), cluster).map(({ kind, selector }) => ({
      kind,
      ...(selector ? { selector } : {}),
    }));
    assert.deepEqual(found, wanted ? [wanted] : []);
  });
}

const counts: [number | undefined, RegExp | undefined][] = [
  [2, undefined],
  [0, /shop\/web: there is no ready pod of app=web in this cluster/],
  [undefined, /not known whether there are pods/],
];

for (const [count, words] of counts) {
  test(`uninstall with ${count ?? "uncounted"} ready pods of a stripped Service`, () => {
    const obstacles = findObstacles(handoversOf(moved(), "east"), new Map([["shop/web", count]]), []);
    assert.equal(obstacles.length, words ? 1 : 0);
    if (words) assert.match(obstacles[0] ?? "", words);
  });
}

test("what uninstall says", () => {
  const world = moved();
  createService(world, "east", {
    ...webService(),
    metadata: { name: "cart", namespace: "shop", annotations: { [MODE]: "source" } },
  });
  const handovers = [...handoversOf(world, "east"), ...handoversOf(replicated(), "west")];
  const dependents = ["west depends on this cluster: shop/web publishes pods of east"];
  const obstacles = findObstacles(handovers, new Map([["shop/web", 0]]), dependents);
  const paint = choosePaint({ env: { LANG: "C.UTF-8" } }, { isTTY: false }, "auto");
  assertGolden("uninstall.txt", `${renderHandovers(handovers, obstacles, paint).join("\n")}\n`);
});
