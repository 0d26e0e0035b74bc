import assert from "node:assert/strict";
import { test } from "node:test";
import type { Move } from "../../../plugin/migrate/move.ts";
import { findNote } from "../../../plugin/migrate/note.ts";
import { INTENT, MODE } from "../../../shared/keys.ts";
import { annotation } from "../../../shared/kube/objects.ts";
import type { World } from "../../model/world.ts";
import { letRest, lookAt, replicated, startPods } from "../model-clusters.ts";
import { unionMove } from "../moves.ts";
import { backOf, drive, runOver, type Spoil } from "./model-run.ts";

/** Ana's move, which lets both serve for a while. */
const ana: Move = { ...unionMove, holdMs: 600_000 };

function movable(): World {
  const world = replicated();
  startPods(world, "west", 3);
  letRest(world);
  return world;
}

function modesOf(world: World) {
  return ["east", "west"].map((name) => {
    const service = world.cluster(name).services.get("web");
    return service && annotation(service, MODE);
  });
}

/** Calls back once, as soon as both serve and the move counts the time. */
function whileHolding(world: World, callback: (stop: () => void) => void): Spoil {
  let called = false;
  return (_look, stop) => {
    if (called || findNote(lookAt(world).views)?.united === undefined) return;
    called = true;
    callback(stop);
  };
}

for (const [who, later] of [
  ["later", 1000],
  ["earlier", -1000],
] as const) {
  test(`whoever began ${who} and waited at the prompt finds another move under way, and writes nothing`, async () => {
    const world = movable();
    await runOver(
      world,
      ana,
      whileHolding(world, (stop) => stop()),
    );
    const noted = findNote(lookAt(world).views);
    const written = world.log.length;
    const ticket = { ...unionMove.ticket, id: "m-ben", started: unionMove.ticket.started + later };
    const { outcome } = await runOver(world, { ...unionMove, ticket });
    assert.deepEqual(outcome, { kind: "ended", by: "other" });
    assert.equal(world.log.length, written);
    assert.deepEqual(findNote(lookAt(world).views), noted);
  });
}

test("of two that begin at once one goes on, and the way back is to what was before both", async () => {
  const world = movable();
  const ben: Move = {
    ...unionMove,
    ticket: { ...unionMove.ticket, id: "m-ben", started: unionMove.ticket.started + 1 },
  };
  let second: ReturnType<typeof runOver> | undefined;
  const first = await runOver(world, unionMove, (look) => {
    if (look === 1) second = runOver(world, ben);
  });
  assert.deepEqual([first.outcome.kind, (await second)?.outcome.kind].sort(), ["arrived", "ended"]);
  assert.deepEqual(findNote(lookAt(world).views)?.before.from.annotations, {});
});

test("somebody else's declaration in the middle leaves the way back as it was noted", async () => {
  const world = movable();
  const spoil = whileHolding(world, () => world.annotate("east", { [MODE]: "source" }));
  await assert.rejects(runOver(world, ana, spoil), /somebody changed shop\/web in east meanwhile/);
  const note = findNote(lookAt(world).views);
  assert.deepEqual(
    [note?.before.from, note?.intent, note?.united],
    [{ annotations: {}, ready: 3 }, undefined, undefined],
  );
  letRest(world);
  assert.ok(annotation(world.cluster("east").services.get("web") ?? assert.fail(), INTENT));
  assert.equal((await drive(world, backOf(world))).outcome.kind, "arrived");
  assert.deepEqual(modesOf(world), [undefined, undefined]);
});
