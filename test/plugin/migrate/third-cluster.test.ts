import assert from "node:assert/strict";
import { test } from "node:test";
import type { SideFacts } from "../../../plugin/migrate/facts.ts";
import { checkMove } from "../../../plugin/migrate/preflight.ts";
import { checkReturn } from "../../../plugin/migrate/return-checks.ts";
import { parseIdentity } from "../../../shared/identity.ts";
import { ADOPT } from "../../../shared/keys.ts";
import { World } from "../../model/world.ts";
import { createService, deleteService, letRest, lookAt, replicated, startPods, webService } from "../model-clusters.ts";
import { unionMove } from "../moves.ts";
import { backOf, runOver } from "./model-run.ts";

function side(cluster: string): SideFacts {
  const identity = parseIdentity({ clusterName: cluster, version: "0.1.0", peers: "east,west,north" });
  const uid = `uid-${cluster}`;
  return { cluster, context: `at-${cluster}`, server: "", uid, identity, agent: "alive", mayPatch: true };
}

const sides = { from: side("east"), to: side("west"), readyPods: 3 };

/** East serves with three pods, west has three as well; north has a Service of its own. */
function apart(type = "ClusterIP"): World {
  const world = new World("east", "west", "north");
  createService(world, "east", webService());
  startPods(world, "east", 3);
  letRest(world);
  deleteService(world, "north");
  createService(world, "north", webService({ type }));
  startPods(world, "west", 3);
  letRest(world);
  return world;
}

function bad(world: World) {
  return checkMove(unionMove, { ...sides, situation: lookAt(world) }).filter(({ state }) => state !== "ok");
}

test("a Service of its own in a third cluster refuses the move, which would wait for a person for ever", async () => {
  const world = apart();
  assert.deepEqual(bad(world), [
    {
      name: "no Service stands apart",
      state: "fail",
      detail: "own Services in north that take no part: they would hold it up; take them along, rename or delete them",
      next: `kubectl --context at-east annotate service web -n shop --overwrite ${ADOPT}=north`,
    },
  ]);
  world.annotate("east", { [ADOPT]: "north" });
  letRest(world);
  assert.deepEqual(bad(world), []);
  assert.equal((await runOver(world, unionMove)).outcome.kind, "arrived");
});

test("one that the protocol never touches is nothing to a move", () =>
  assert.deepEqual(bad(apart("ExternalName")), []));

test("a rollback tells of peers that it does not see, and is not kept from going back", async () => {
  const world = replicated();
  startPods(world, "west", 3);
  await runOver(world, unionMove);
  const checks = checkReturn(backOf(world), { ...sides, situation: lookAt(world) });
  const [seen] = checks.filter(({ name }) => name === "all that take part are seen");
  assert.deepEqual([seen?.state, seen?.detail], ["warn", "north too: name their contexts in --contexts"]);
});
