import assert from "node:assert/strict";
import { test } from "node:test";
import type { Move } from "../../../plugin/migrate/move.ts";
import { decideNext, findStage } from "../../../plugin/migrate/progress.ts";
import { ADOPT, MIGRATION, MIN_READY, MODE, SELECTOR, SUCCESSOR } from "../../../shared/keys.ts";
import type { World } from "../../model/world.ts";
import { createService, deleteService, letRest, lookAt, replicated, startPods, webService } from "../model-clusters.ts";
import { backMove, unionMove } from "../moves.ts";

const union = unionMove;
const cutover: Move = { ...union, strategy: "cutover" };

/** What the next action amounts to, in one line; notes are written on the way and not shown. */
function next(move: Move, world: World): string {
  const found = decideNext(move, lookAt(world));
  if (found.kind === "arrived") return "arrived";
  if (found.kind === "wait") {
    return `wait ${found.step}: ${found.waits.map(({ cluster, message }) => `${cluster}: ${message}`).join("; ")}`;
  }
  const { [MIGRATION]: note, ...annotations } = found.annotations;
  if (Object.keys(annotations).length) return `${found.step} ${found.cluster} ${JSON.stringify(annotations)}`;
  world.annotate(found.cluster, { [MIGRATION]: note ?? null });
  return next(move, world);
}

test("union: the new cluster is told what it needs before the old one is touched", () => {
  const world = replicated();
  startPods(world, "west", 3);
  assert.equal(next(union, world), `prepare west {"${MIN_READY}":"3"}`);
  world.annotate("west", { [MIN_READY]: "3" });
  letRest(world);
  assert.equal(next(union, world), `declare east {"${MODE}":"union"}`);
});

test("a selector goes with the preparation, consent with the declaration", () => {
  const world = replicated();
  const move = { ...union, selector: { app: "web", tier: "new" }, adopt: true };
  const preparation = { [MIN_READY]: "3", [SELECTOR]: '{"app":"web","tier":"new"}' };
  assert.equal(next(move, world), `prepare west ${JSON.stringify(preparation)}`);
  world.annotate("west", preparation);
  assert.equal(next(move, world), `declare east {"${MODE}":"union","${ADOPT}":"west"}`);
});

test("cutover: receiver with its successor, then only waiting", () => {
  const world = replicated();
  world.annotate("west", { [MIN_READY]: "3" });
  assert.equal(next(cutover, world), `declare east {"${MODE}":"receiver","${SUCCESSOR}":"west"}`);
  world.annotate("east", { [MODE]: "receiver", [SUCCESSOR]: "west" });
  assert.match(next(cutover, world), /^wait drain: east: mode receiver is not taken up/);
  letRest(world);
  assert.match(next(cutover, world), /^wait drain: east: keeps serving: west has 0 of 3 ready endpoints; west: keeps/);
  startPods(world, "west", 3);
  letRest(world);
  assert.equal(next(cutover, world), "arrived");
});

test("union: nothing is declared in the new cluster before both are at rest", () => {
  const world = replicated();
  startPods(world, "west", 3);
  world.annotate("west", { [MIN_READY]: "3" });
  world.annotate("east", { [MODE]: "union" });
  assert.match(next(union, world), /^wait unite: east: mode union is not taken up/);
  world.reconcile("east");
  assert.match(next(union, world), /^wait unite: west: has not taken over the intent "union at east" yet/);
  letRest(world);
  assert.equal(next(union, world), `source west {"${MODE}":"source","${MIN_READY}":"3"}`);
});

test("union: after source it waits for the release, and arrives", () => {
  const world = replicated();
  startPods(world, "west", 3);
  world.annotate("west", { [MIN_READY]: "3" });
  world.annotate("east", { [MODE]: "union" });
  letRest(world);
  world.annotate("west", { [MODE]: "source" });
  assert.equal(findStage(union, lookAt(world)), "drain");
  assert.match(next(union, world), /^wait drain: west: mode source is not taken up/);
  letRest(world);
  assert.equal(next(union, world), "arrived");
  assert.equal(next(cutover, world), "arrived", "another strategy has nothing left to do either");
});

test("too few pods keep the old cluster serving, and the wait says so", () => {
  const world = replicated();
  startPods(world, "west", 2);
  world.annotate("west", { [MIN_READY]: "3" });
  world.annotate("east", { [MODE]: "union" });
  letRest(world);
  world.annotate("west", { [MODE]: "source" });
  letRest(world);
  assert.match(next(union, world), /west has 2 of 3 ready endpoints/);
});

test("an unreadable cluster is waited for, whatever the stage", () => {
  const world = replicated();
  world.cluster("west").reachable = false;
  assert.equal(next(union, world), "wait declare: west: cannot be read now");
});

test("a union that was only begun is gone on with, by either strategy", () => {
  const world = replicated();
  startPods(world, "west", 3);
  world.annotate("east", { [MODE]: "union" });
  letRest(world);
  assert.equal(findStage(union, lookAt(world)), "unite");
  assert.equal(findStage(cutover, lookAt(world)), "declare", "cutover may follow a union");
  assert.match(next(cutover, world), /^prepare west/);
});

test("an own Service of the new cluster is taken along by consent", () => {
  const world = replicated();
  const [east] = [world.cluster("east")];
  assert.ok(east);
  const apart = replicated();
  deleteService(apart, "west");
  createService(apart, "west", webService());
  startPods(apart, "west", 3);
  letRest(apart);
  const move = { ...union, adopt: true };
  apart.annotate("west", { [MIN_READY]: "3" });
  assert.equal(next(move, apart), `declare east {"${MODE}":"union","${ADOPT}":"west"}`);
  apart.annotate("east", { [MODE]: "union", [ADOPT]: "west" });
  letRest(apart);
  assert.match(next(move, apart), /^source west/);
});

test("back again: the same decisions with the clusters exchanged", () => {
  const world = replicated();
  startPods(world, "west", 3);
  world.annotate("east", { [MODE]: "union" });
  letRest(world);
  world.annotate("west", { [MODE]: "source" });
  letRest(world);
  const back = backMove;
  assert.match(next(back, world), /^prepare east/);
  world.annotate("east", { [MIN_READY]: "3" });
  assert.equal(next(back, world), `declare west {"${MODE}":"union"}`);
  world.annotate("west", { [MODE]: "union" });
  letRest(world);
  assert.match(next(back, world), /^source east/);
  world.annotate("east", { [MODE]: "source" });
  letRest(world);
  assert.equal(next(back, world), "arrived");
});
