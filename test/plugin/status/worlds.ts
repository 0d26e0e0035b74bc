import assert from "node:assert/strict";
import type { ServiceStatus } from "../../../plugin/status/model.ts";
import { summarise } from "../../../plugin/status/summary.ts";
import { MIGRATION, MODE } from "../../../shared/keys.ts";
import { annotation } from "../../../shared/kube/objects.ts";
import { formatMigration, type Migration, parseMigration } from "../../../shared/migration.ts";
import type { World } from "../../model/world.ts";
import { drive, forward } from "../migrate/model-run.ts";
import { letRest, lookAt, membersOf, replicated, startPods } from "../model-clusters.ts";
import { unionMove } from "../moves.ts";

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

/** Both serve, in the middle of a move to west whose driver has left. */
export async function midway(): Promise<World> {
  const world = replicated();
  startPods(world, "west", 3);
  const move = { ...unionMove, holdMs: 3_600_000 };
  const until = world.now + 120_000;
  const { outcome } = await drive(world, forward(move), (_look, stop) => world.now >= until && stop());
  assert.equal(outcome.kind, "interrupted");
  return world;
}

/** The same, then brought `phase` by the note alone. */
export async function noted(phase: Migration["phase"]): Promise<World> {
  const world = await midway();
  for (const name of ["east", "west"]) {
    const text = annotation(world.cluster(name).services.get("web") ?? assert.fail(), MIGRATION);
    const note = parseMigration(text) ?? assert.fail();
    world.annotate(name, { [MIGRATION]: formatMigration({ ...note, revision: note.revision + 1, phase }) });
  }
  return world;
}
