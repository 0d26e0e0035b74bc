import assert from "node:assert/strict";
import { test } from "node:test";
import type { Move } from "../../../plugin/migrate/move.ts";
import { findNote } from "../../../plugin/migrate/note.ts";
import { ticketOf } from "../../../plugin/migrate/request.ts";
import { decideAbort } from "../../../plugin/migrate/rollback.ts";
import type { Drive } from "../../../plugin/migrate/run.ts";
import { INTENT, MIGRATION, MIN_READY, MODE } from "../../../shared/keys.ts";
import type { World } from "../../model/world.ts";
import { letRest, lookAt, pass, replicated, startPods } from "../model-clusters.ts";
import { unionMove } from "../moves.ts";
import { backOf, drive, forward, runOver, type Spoil } from "./model-run.ts";

/** East serves with three pods and without a mode, as it was created; west has pods and no Service of its own. */
function created(): World {
  const world = replicated();
  startPods(world, "west", 3);
  letRest(world);
  return world;
}

/** East has declared `source`, with a number of its own. */
function declared(): World {
  const world = created();
  world.annotate("east", { [MODE]: "source", [MIN_READY]: "2" });
  letRest(world);
  return world;
}

/** The Service has been to west and back: west has its own, as receiver. */
async function returned(): Promise<World> {
  const world = created();
  world.annotate("west", { [MODE]: "source" });
  letRest(world);
  world.annotate("east", { [MODE]: "source" });
  letRest(world);
  return world;
}

/** Both serve. */
function united(): World {
  const world = created();
  world.annotate("east", { [MODE]: "union" });
  letRest(world);
  return world;
}

/** All that a rollback gives back: Services without what counts versions and declarations, and who is published. */
function stateOf(world: World) {
  return [...world.clusters.values()].map(({ name, services, slices }) => ({
    name,
    services: [...services.values()].map(({ metadata, spec }) => {
      const { [INTENT]: _said, ...annotations } = metadata.annotations ?? {};
      // A shadow is made anew by every union.
      const uid = metadata.name === "web" ? metadata.uid : "";
      return { name: metadata.name, uid, labels: metadata.labels ?? {}, annotations, spec };
    }),
    published: publishedIn(slices.values()),
  }));
}

function publishedIn(slices: Iterable<{ endpoints?: { addresses: string[] }[] | null }>): string[] {
  return [
    ...new Set([...slices].flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses))),
  ].sort();
}

function assertServing(world: World): void {
  for (const { name, slices } of world.clusters.values()) {
    const visible = [...slices.values()].filter(({ metadata }) => !metadata.name.includes("syndicate"));
    assert.ok(publishedIn(visible).length > 0, `${name} publishes nothing`);
  }
}

const worlds: [string, () => World | Promise<World>][] = [
  ["as created", created],
  ["declared source", declared],
  ["been there and back", returned],
  ["united by hand", united],
];
const moves: [string, Partial<Move>][] = [
  ["union", {}],
  ["cutover", { strategy: "cutover" }],
  ["a selector", { selector: { app: "web" }, minReady: "2" }],
];

// Every look takes minutes on a small machine; the rows begin at different ones, so together they leave few out.
const EVERY = Number(process.env["ROLLBACK_EVERY"] ?? 9);
let row = 0;

for (const [name, make] of worlds) {
  for (const [what, changes] of moves) {
    const first = 2 + (row++ % EVERY);
    test(`${name}, ${what}: rolled back from any point, everything is as before`, async () => {
      for (let stopAt = first; ; stopAt += EVERY) {
        const world = await make();
        const before = stateOf(world);
        const { outcome } = await runOver(
          world,
          { ...unionMove, ...changes },
          (look, stop) => look === stopAt && stop(),
        );
        if (!findNote(lookAt(world).views)) continue;
        const { outcome: end } = await drive(world, backOf(world), () => assertServing(world));
        assert.equal(end.kind, "arrived", `stopped at look ${stopAt} (${outcome.kind}): ${JSON.stringify(end)}`);
        letRest(world);
        assert.deepEqual(stateOf(world), before, `stopped at look ${stopAt}`);
        if (outcome.kind === "arrived") return;
      }
    });
  }
}

/** Stops the way back at every look, and goes back again from there. */
test("a rollback that is stopped anywhere is gone on with", async () => {
  for (let stopAt = 1; ; stopAt += EVERY - 2) {
    const world = created();
    const before = stateOf(world);
    await runOver(world, unionMove);
    const stopped = await drive(world, backOf(world), (look, stop) => look === stopAt && stop());
    if (findNote(lookAt(world).views)) await drive(world, backOf(world));
    letRest(world);
    assert.deepEqual(stateOf(world), before, `stopped at look ${stopAt}`);
    if (stopped.outcome.kind === "arrived") return;
  }
});

test("whoever drives the move ends when somebody else rolls it back, or aborts it", async () => {
  for (const phase of ["rollback", "aborted"] as const) {
    const world = created();
    const spoil: Spoil = (look) => {
      const note = findNote(lookAt(world).views);
      if (look !== 8 || !note) return;
      const text = JSON.stringify({ ...note, phase, revision: note.revision + 1 });
      for (const cluster of ["west", "east"]) world.annotate(cluster, { [MIGRATION]: text });
    };
    const { outcome } = await runOver(world, unionMove, spoil);
    const by = phase === "rollback" ? "rollback" : "abort";
    assert.deepEqual([outcome.kind, outcome.kind === "ended" && outcome.by], ["ended", by]);
  }
});

test("aborted: nothing but the note changes, and both ways are open from there", async () => {
  const world = created();
  const before = stateOf(world);
  await runOver(world, unionMove, (look, stop) => look === 8 && stop());
  const there = stateOf(world);
  const note = findNote(lookAt(world).views);
  assert.ok(note);
  const pair = { key: world.key, from: "east", to: "west", ticket: ticketOf(note) };
  const decide: Drive["decide"] = (situation) => decideAbort(pair, situation);
  const { outcome } = await drive(world, { decide, ticket: pair.ticket, phase: "aborted" });
  assert.equal(outcome.kind, "arrived");
  assert.equal(findNote(lookAt(world).views)?.phase, "aborted");
  const withoutNote = (states: ReturnType<typeof stateOf>) =>
    states.map(({ services }) => services.map(({ annotations: { [MIGRATION]: _note, ...rest } }) => rest));
  pass(world, 5);
  assert.deepEqual(withoutNote(stateOf(world)), withoutNote(there));
  await drive(world, backOf(world));
  letRest(world);
  assert.deepEqual(stateOf(world), before);
});

test("of a move that lost one of its clusters, the other one alone is told that it is aborted", async () => {
  const world = created();
  await runOver(world, unionMove, (look, stop) => look === 8 && stop());
  const { ticket } = backOf(world);
  const seen = lookAt(world);
  const views = new Map([...seen.views].filter(([name]) => name === "east"));
  const next = decideAbort({ key: world.key, from: "east", to: "west", ticket }, { ...seen, views });
  assert.deepEqual([next.kind, next.kind === "write" && next.cluster], ["write", "east"]);
});

test("aborted, then resumed: it arrives", async () => {
  const world = created();
  await runOver(world, unionMove, (look, stop) => look === 8 && stop());
  const note = findNote(lookAt(world).views);
  assert.ok(note);
  const pair = { key: world.key, from: "east", to: "west", ticket: ticketOf(note) };
  await drive(world, { decide: (now) => decideAbort(pair, now), ticket: pair.ticket, phase: "aborted" });
  const aborted = findNote(lookAt(world).views);
  assert.ok(aborted);
  const { outcome } = await drive(world, forward({ ...unionMove, ticket: ticketOf(aborted) }));
  assert.equal(outcome.kind, "arrived");
  assert.equal(findNote(lookAt(world).views)?.phase, "done");
});

test("somebody else's declaration is not taken back", async () => {
  const world = created();
  await runOver(world, unionMove);
  world.annotate("east", { [MODE]: "singular" });
  letRest(world);
  const back = backOf(world);
  assert.throws(() => back.decide(lookAt(world)), /somebody has declared singular in east for shop\/web since/);
});

test("where the old cluster stays source, a mode that somebody sets meanwhile is waited for in a step of the plan", async () => {
  const world = await returned();
  await runOver(world, unionMove);
  const back = backOf(world);
  world.annotate("east", { [MODE]: "source" });
  letRest(world);
  world.annotate("east", { [MODE]: "union" });
  const steps = [];
  for (let next = back.decide(lookAt(world)); steps.length < 5; next = back.decide(lookAt(world))) {
    if (next.kind === "arrived") break;
    steps.push(next.step);
    if (next.kind === "write") world.annotate(next.cluster, next.annotations);
  }
  assert.deepEqual(steps, ["claim", "claim", "restore", "restore", "restore"]);
});
