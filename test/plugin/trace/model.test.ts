import assert from "node:assert/strict";
import { test } from "node:test";
import { choosePaint } from "../../../plugin/render/paint.ts";
import { type ClusterTrace, traceService } from "../../../plugin/trace/model.ts";
import { renderTrace } from "../../../plugin/trace/rendering.ts";
import { listWriters } from "../../../plugin/trace/writers.ts";
import { MODE } from "../../../shared/keys.ts";
import type { KubeObject } from "../../../shared/kube/objects.ts";
import type { World } from "../../model/world.ts";
import { assertGolden } from "../golden.ts";
import { letRest, lookAt, membersOf, replicated } from "../model-clusters.ts";
import { moved, union } from "../status/worlds.ts";

const paint = choosePaint({ env: { LANG: "C.UTF-8" } }, { isTTY: false }, "auto");

function trace(world: World): ClusterTrace[] {
  return traceService(world.key, membersOf(world), lookAt(world).views, world.now);
}

test("writers: what each manager owns, ours by name, the rest in short", () => {
  const object: KubeObject = {
    metadata: {
      name: "web",
      managedFields: [
        {
          manager: "syndicate-sync",
          operation: "Update",
          time: "2026-11-21T10:05:00Z",
          fieldsV1: {
            "f:metadata": { "f:annotations": { [`f:${MODE}`]: {} }, "f:labels": { "f:tier": {} } },
            "f:spec": { "f:selector": {} },
          },
        },
        {
          manager: "kubectl-client-side-apply",
          time: "2026-11-21T10:00:00Z",
          fieldsV1: {
            "f:metadata": { "f:annotations": { ".": {}, "f:team": {} } },
            "f:spec": { "f:ports": {}, "f:sessionAffinity": {}, "f:type": {} },
          },
        },
        { manager: "kubelet", time: "2026-11-21T09:00:00Z", subresource: "status", fieldsV1: { "f:status": {} } },
        { manager: "nobody" },
      ],
    },
  };
  assert.deepEqual(listWriters(object), [
    { manager: "kubelet", time: "2026-11-21T09:00:00Z", fields: ["status"] },
    { manager: "kubectl-client-side-apply", time: "2026-11-21T10:00:00Z", fields: ["annotations", "ports"] },
    { manager: "syndicate-sync", time: "2026-11-21T10:05:00Z", fields: ["labels", "mode", "selector"] },
  ]);
});

const parts: [string, () => World, string, string[]][] = [
  ["a replica", replicated, "west", ["replica of east", "copy of east", "for readers of the older API"]],
  [
    "a union",
    union,
    "east",
    [
      "made by a user",
      "tracks the own pods",
      "own pods, copied from the tracking Service",
      "copy of west",
      "own pods, of the tracking Service",
      "for readers of the older API",
    ],
  ],
  ["who follows", moved, "east", ["made by a user", "copy of west", "for readers of the older API"]],
];

for (const [name, make, cluster, expected] of parts) {
  test(`trace: what every object of ${name} is for`, () => {
    const found = trace(make()).find((one) => one.cluster === cluster);
    assert.deepEqual(found?.objects.map(({ part }) => part).sort(), [...expected].sort());
  });
}

test("trace: a hold, a cluster that cannot be read, a mode not taken up yet", () => {
  const world = union();
  world.cluster("west").pods.clear();
  world.annotate("west", { [MODE]: "source" });
  letRest(world);
  const [east] = trace(world);
  assert.match(east?.waits.join() ?? "", /keeps serving: west has 0/);
  world.cluster("west").reachable = false;
  assert.deepEqual(
    trace(world).map(({ known }) => known),
    [true, false],
  );
  const fresh = union();
  fresh.annotate("east", { [MODE]: "source" });
  assert.deepEqual(
    trace(fresh).map(({ mode, impliedMode }) => [mode, impliedMode]),
    [
      ["source", "union"],
      ["union", undefined],
    ],
  );
});

test("what trace prints", () => {
  const worlds = [replicated(), moved()];
  const lines = worlds.flatMap((world) => [...renderTrace(world.key, trace(world), paint, world.now), "", "---"]);
  assertGolden("trace.txt", `${lines.join("\n")}\n`);
});
