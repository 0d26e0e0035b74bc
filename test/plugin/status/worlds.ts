import assert from "node:assert/strict";
import type { ServiceStatus } from "../../../plugin/status/model.ts";
import { summarise } from "../../../plugin/status/summary.ts";
import { MODE } from "../../../shared/keys.ts";
import type { World } from "../../model/world.ts";
import { letRest, lookAt, membersOf, replicated, startPods } from "../model-clusters.ts";

/** The status of the world's Service. */
export function statusOf(world: World): ServiceStatus {
  const status = summarise(world.key, membersOf(world), lookAt(world).views, world.now);
  assert.ok(status);
  return status;
}

/** Both clusters serve: three pods in east, two in west. */
export function union(): World {
  const world = replicated();
  startPods(world, "west", 2);
  world.annotate("east", { [MODE]: "union" });
  letRest(world);
  return world;
}

/** West serves with two pods, east follows. */
export function moved(): World {
  const world = union();
  world.annotate("west", { [MODE]: "source" });
  letRest(world);
  return world;
}
