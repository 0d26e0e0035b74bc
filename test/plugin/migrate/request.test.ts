import assert from "node:assert/strict";
import { test } from "node:test";
import type { SideFacts } from "../../../plugin/migrate/facts.ts";
import { findNote } from "../../../plugin/migrate/note.ts";
import { makeMove } from "../../../plugin/migrate/request.ts";
import { letRest, lookAt, replicated, startPods } from "../model-clusters.ts";
import { unionMove } from "../moves.ts";
import { runOver } from "./model-run.ts";

function side(cluster: string): SideFacts {
  const uid = `uid-${cluster}`;
  return { cluster, context: cluster, server: "", uid, identity: undefined, agent: "alive", mayPatch: true };
}

test("a note from the future, of a laptop whose clock is ahead, does not hide the note of the next move", async () => {
  const world = replicated();
  startPods(world, "west", 3);
  const ahead = unionMove.ticket.started + 600_000;
  await runOver(world, { ...unionMove, ticket: { ...unionMove.ticket, started: ahead } });
  letRest(world);
  const { views } = lookAt(world);
  const start = { id: "m-back", now: unionMove.ticket.started + 300_000, by: "ben" };
  const ground = { key: unionMove.key, from: side("west"), to: side("east"), views, stateful: false, start };
  const asked = { strategy: undefined, selector: undefined, minReady: undefined, holdMs: undefined, adopt: false };
  const back = makeMove(asked, ground);
  assert.equal(back.ticket.started, ahead + 1);
  assert.equal((await runOver(world, back)).outcome.kind, "arrived");
  const note = findNote(lookAt(world).views);
  assert.deepEqual([note?.id, note?.phase, note?.before.to.annotations], ["m-back", "done", eastBefore(views)]);
});

/** What east says of the move before: it has been the receiver. */
function eastBefore(views: ReturnType<typeof lookAt>["views"]) {
  const { annotations = {} } = views.get("east")?.service?.metadata ?? {};
  const kept = Object.entries(annotations).filter(([key]) => /-(mode|selector|min-ready)$/.test(key));
  return Object.fromEntries(kept);
}
