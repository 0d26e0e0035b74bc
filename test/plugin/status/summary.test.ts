import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceStatus } from "../../../plugin/status/model.ts";
import { summarise, takesPart } from "../../../plugin/status/summary.ts";
import { CONDITION_IN_SYNC, MODE, SUCCESSOR } from "../../../shared/keys.ts";
import type { Service } from "../../../shared/kube/objects.ts";
import { World } from "../../model/world.ts";
import { createService, letRest, lookAt, membersOf, replicated, startPods, webService } from "../model-clusters.ts";
import { moved, statusOf, union } from "./worlds.ts";

/** `east: mode 3/3 reason | west: …`. */
function brief(status: ServiceStatus): string {
  const places = status.places.map((place) =>
    place.exists
      ? `${place.cluster}: ${place.mode ?? place.role} ${place.ready}/${place.expected ?? "?"} ${place.reason}`
      : `${place.cluster}: - ${place.reason}`,
  );
  return `${status.sync} | ${places.join(" | ")}`;
}

const stories: [string, () => World, string][] = [
  ["replicated without a mode", () => replicated(), "InSync | east: origin 3/3 InSync | west: replica 3/3 InSync"],
  ["united", union, "InSync | east: union 5/5 InSync | west: union 5/5 InSync"],
  ["moved", moved, "InSync | east: receiver 2/2 InSync | west: source 2/2 InSync"],
  [
    "a pod that is not ready",
    () => {
      const world = replicated();
      world.cluster("east").pods.set("10.1.0.9", { ip: "10.1.0.9", labels: { app: "web" }, ready: false });
      letRest(world);
      return world;
    },
    "InSync | east: origin 3/4 InSync | west: replica 3/4 InSync",
  ],
  [
    "a declaration nobody has taken up",
    () => {
      const world = replicated();
      world.annotate("east", { [MODE]: "union" });
      return world;
    },
    "Progressing | east: union 3/3 Progressing | west: replica 3/3 InSync",
  ],
  [
    "a receiver whose successor has no pods",
    () => {
      const world = replicated();
      world.annotate("east", { [MODE]: "receiver", [SUCCESSOR]: "west" });
      letRest(world);
      return world;
    },
    "Holding | east: receiver 3/3 Holding | west: source 3/3 Holding",
  ],
  [
    "a new pod that is not copied yet",
    () => {
      const world = replicated();
      startPods(world, "east", 4);
      world.runNative("east");
      return world;
    },
    "Copying | east: origin 4/4 InSync | west: replica 3/4 Copying",
  ],
  [
    "a cluster that does not answer",
    () => {
      const world = replicated();
      world.cluster("west").reachable = false;
      return world;
    },
    "Unknown | east: origin 3/3 InSync | west: - Unknown",
  ],
  [
    "a union of which one cluster does not answer",
    () => {
      const world = union();
      world.cluster("west").reachable = false;
      return world;
    },
    "PeerUnreachable | east: union 5/? PeerUnreachable | west: - Unknown",
  ],
  [
    "two own Services apart",
    () => {
      const world = new World("east", "west");
      for (const name of ["east", "west"]) {
        createService(world, name, webService());
        startPods(world, name, 2);
      }
      letRest(world);
      return world;
    },
    "Independent | east: independent 2/2 Independent | west: independent 2/2 Independent",
  ],
];

for (const [name, make, expected] of stories) {
  test(name, () => assert.equal(brief(statusOf(make())), expected));
}

test("a Service of one cluster alone, and two apart, take no part", () => {
  const apart = new World("east", "west");
  for (const name of ["east", "west"]) createService(apart, name, webService());
  letRest(apart);
  assert.equal(takesPart(statusOf(apart), lookAt(apart).views), false);
  assert.equal(takesPart(statusOf(replicated()), lookAt(replicated()).views), true);
});

test("the API server's own Service is none of ours", () => {
  const key = { namespace: "default", name: "kubernetes" };
  const { views } = lookAt(replicated());
  const service: Service = { ...webService(), metadata: { ...key } };
  const own = new Map([...views].map(([name, view]) => [name, { ...view, service }]));
  assert.equal(summarise(key, membersOf(replicated()), own, 0), undefined);
});

test("one cluster looked at alone says what its sync process says", () => {
  const world = union();
  const view = structuredClone(lookAt(world).views.get("east"));
  assert.ok(view);
  const views = new Map([["east", view]]);
  const [east] = membersOf(world);
  assert.ok(east);
  const status = () => summarise(world.key, [east], views, world.now)?.places[0];
  assert.equal(status()?.reason, "Unknown");
  const { service } = view;
  assert.ok(service);
  const condition = {
    type: CONDITION_IN_SYNC,
    status: "True",
    reason: "InSync",
    message: "publishes the pods of east, west",
  } as const;
  service.status = { conditions: [condition] };
  assert.deepEqual([status()?.reason, status()?.inSync, status()?.expected], ["InSync", true, undefined]);
  assert.match(status()?.messages.join() ?? "", /not compared with west: add its context to --contexts/);
});
