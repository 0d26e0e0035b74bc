import assert from "node:assert/strict";
import { test } from "node:test";
import { listDocument, renderDocument } from "../../../plugin/render/document.ts";
import { choosePaint } from "../../../plugin/render/paint.ts";
import { renderList, renderNotes, renderWide } from "../../../plugin/render/status-list.ts";
import { renderTree } from "../../../plugin/render/status-tree.ts";
import type { ServiceStatus, StatusModel } from "../../../plugin/status/model.ts";
import { MODE, SUCCESSOR } from "../../../shared/keys.ts";
import type { World } from "../../model/world.ts";
import { assertGolden } from "../golden.ts";
import { letRest, pass, replicated } from "../model-clusters.ts";
import { midway, moved, noted, statusOf, union } from "../status/worlds.ts";

const paint = choosePaint({ env: { LANG: "C.UTF-8" } }, { isTTY: false }, "auto");

function modelOf(world: World, services: ServiceStatus[]): StatusModel {
  const clusters = [...world.clusters.values()].map(({ name, reachable }) => ({
    name,
    context: name,
    server: `https://${name}.example:6443`,
    reachable,
    installed: reachable,
    ...(reachable ? { version: "0.1.0" } : { problem: "no answer: connect ECONNREFUSED 192.0.2.1:6443" }),
  }));
  return { clusters, services };
}

test("a list, wide and narrow", async () => {
  const rename = (status: ServiceStatus, name: string) => ({ ...status, name });
  const holding = replicated();
  holding.annotate("east", { [MODE]: "receiver", [SUCCESSOR]: "west" });
  letRest(holding);
  const services = [
    rename(statusOf(replicated()), "cart"),
    rename(statusOf(union()), "checkout"),
    rename(statusOf(holding), "ledger"),
    rename(statusOf(moved()), "search"),
    rename(statusOf(await midway()), "till"),
    rename(statusOf(await noted("rollback")), "wallet"),
  ];
  const model = modelOf(replicated(), services);
  const now = 1_700_000_000_000 + 3 * 3_600_000;
  const list = [
    ...renderList(model, paint, { headers: true, namespaces: false, now }),
    "",
    ...renderNotes(model, paint, ""),
  ];
  assertGolden("status-list.txt", `${list.join("\n")}\n`);
  assertGolden("status-wide.txt", `${renderWide(model, paint, true).join("\n")}\n`);
  assert.deepEqual(renderList(model, paint, { headers: false, namespaces: true, now })[0]?.split(/ {2,}/).slice(0, 2), [
    "shop",
    "cart",
  ]);
});

test("a list with a cluster that does not answer", () => {
  const world = replicated();
  world.cluster("west").reachable = false;
  const model = modelOf(world, [statusOf(world)]);
  const list = [
    ...renderList(model, paint, { headers: true, namespaces: false, now: world.now }),
    "",
    ...renderNotes(model, paint, ""),
  ];
  assertGolden("status-partial.txt", `${list.join("\n")}\n`);
});

test("one, two and five clusters; too many for a narrow terminal stand below each other", () => {
  const widened = (count: number): StatusModel => {
    const names = ["east", "west", "north", "south", "centre"].slice(0, count);
    const world = union();
    const { clusters: known, services } = modelOf(world, [statusOf(world)]);
    const [cluster] = known;
    const [service] = services;
    const [place] = service?.places ?? [];
    assert.ok(cluster && service && place);
    return {
      clusters: names.map((name) => ({ ...cluster, name })),
      services: [{ ...service, places: names.map((name) => ({ ...place, cluster: name })) }],
    };
  };
  const options = { headers: true, namespaces: true, labels: true, now: 1_700_000_000_000 };
  const lists = [1, 2, 5].map((count) => renderList(widened(count), paint, options).join("\n"));
  const narrow = renderList(widened(5), paint, { ...options, columns: 60 });
  assertGolden("status-clusters.txt", `${[...lists, narrow.join("\n")].join("\n\n")}\n`);
  assert.ok(narrow.every((line) => line.length <= 60));
});

test("a tree in a narrow terminal: no line is longer", () => {
  const lines = renderTree(statusOf(union()), paint, 40);
  assertGolden("tree-narrow.txt", `${lines.join("\n")}\n`);
  assert.ok(lines.every((line) => line.length <= 40));
});

const trees: [string, () => World][] = [
  ["tree-union.txt", union],
  ["tree-moved.txt", moved],
  [
    "tree-holding.txt",
    () => {
      const world = union();
      world.cluster("west").pods.clear();
      world.annotate("west", { [MODE]: "source" });
      letRest(world);
      return world;
    },
  ],
];

for (const [golden, make] of trees) {
  test(golden, () => assertGolden(golden, `${renderTree(statusOf(make()), paint).join("\n")}\n`));
}

for (const [golden, make] of [
  ["tree-move.txt", midway],
  ["tree-rollback.txt", () => noted("rollback")],
  ["tree-aborted.txt", () => noted("aborted")],
] as const) {
  test(golden, async () => {
    const lines = renderTree(statusOf(await make()), paint, 100, " --contexts east,west");
    assertGolden(golden, `${lines.join("\n")}\n`);
  });
}

test("a finished move is none", async () => {
  assert.equal(statusOf(await noted("done")).move, undefined);
});

test("how far a move has come is not guessed while a cluster is not read", async () => {
  const world = await midway();
  assert.equal(statusOf(world).move?.stage, "unite");
  world.cluster("east").reachable = false;
  const { move } = statusOf(world);
  assert.deepEqual([move?.id, move?.stage], ["m-one", undefined]);
});

test("JSON and YAML say everything, an empty list included", () => {
  const world = union();
  const model = modelOf(world, [statusOf(world)]);
  assertGolden("status.json.txt", renderDocument(listDocument(model), "json"));
  assertGolden("status.yaml", renderDocument(listDocument(model), "yaml"));
  assert.deepEqual(JSON.parse(renderDocument(listDocument({ clusters: [], services: [] }), "json")).items, []);
});

test("signs without Unicode where the locale has none", () => {
  const world = union();
  pass(world);
  const ascii = choosePaint({ env: {} }, { isTTY: false }, "auto");
  assert.match(renderTree(statusOf(world), ascii).join("\n"), /^\|- east/m);
});
