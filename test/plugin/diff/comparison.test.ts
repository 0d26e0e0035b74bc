import assert from "node:assert/strict";
import { test } from "node:test";
import { compareService, type FieldRow } from "../../../plugin/diff/comparison.ts";
import { renderRows } from "../../../plugin/diff/rendering.ts";
import { choosePaint } from "../../../plugin/render/paint.ts";
import { MODE } from "../../../shared/keys.ts";
import type { World } from "../../model/world.ts";
import { assertGolden } from "../golden.ts";
import { deleteService, lookAt, replicated, startPods } from "../model-clusters.ts";
import { moved, union } from "../status/worlds.ts";

function compare(world: World): FieldRow[] {
  return compareService(
    world.key,
    [...lookAt(world).views.values()].map((view) => ({ view, judged: true })),
  );
}

/** A replica whose Service was changed by hand. */
function changed(patch: Record<string, unknown>): () => World {
  return () => {
    const world = replicated();
    const west = world.cluster("west");
    const service = west.services.get("web");
    assert.ok(service);
    west.patchService(service, patch);
    return world;
  };
}

const worlds: [string, () => World, string[]][] = [
  ["a replica is like its origin", replicated, []],
  ["a union is the same everywhere", union, []],
  ["so is a finished move", moved, []],
  [
    "the Service is missing in one cluster",
    () => {
      const world = replicated();
      deleteService(world, "west");
      return world;
    },
    ["service"],
  ],
  [
    "a port and a label were changed in one cluster",
    changed({
      metadata: { labels: { tier: "front" } },
      spec: { ports: [{ name: "http", port: 8080, protocol: "TCP" }] },
    }),
    ["ports", "labels"],
  ],
  [
    "an application protocol was changed in one cluster",
    changed({ spec: { ports: [{ name: "http", port: 80, protocol: "TCP", targetPort: 8080, appProtocol: "grpc" }] } }),
    ["ports"],
  ],
  [
    "labels that stay in their cluster",
    changed({ metadata: { labels: { "kubernetes.io/cluster-service": "true", "helm.sh/chart": "web-1" } } }),
    [],
  ],
  [
    "declared and not copied yet",
    () => {
      const world = replicated();
      world.annotate("east", { [MODE]: "union" });
      world.reconcile("east");
      return world;
    },
    ["declaration", "mode"],
  ],
  [
    "a pod that is not copied yet",
    () => {
      const world = replicated();
      startPods(world, "east", 5);
      world.runNative("east");
      return world;
    },
    ["ready endpoints"],
  ],
];

for (const [name, make, fields] of worlds) {
  test(`diff: ${name}`, () => {
    const differing = compare(make()).filter(({ equal }) => !equal);

    assert.deepEqual(
      differing.map(({ field }) => field),
      fields,
    );
  });
}

test("what diff prints", () => {
  const paint = choosePaint({ env: { LANG: "C.UTF-8" } }, { isTTY: false }, "auto");
  const world = replicated();
  startPods(world, "east", 8);
  world.runNative("east");
  const rows = compare(world);
  const shown = renderRows(
    rows.filter(({ equal }) => !equal),
    ["east", "west"],
    paint,
    true,
  );
  assertGolden("diff.txt", `${[...shown, "", ...renderRows(rows, ["east", "west"], paint, true)].join("\n")}\n`);
  assert.deepEqual(renderRows([], ["east"], paint, true), []);
});
