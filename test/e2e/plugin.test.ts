import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "node:test";
import { MIN_READY, MODE } from "../../shared/keys.ts";
import { services } from "../../shared/kube/resources.ts";
import { Application, removeAtOnce } from "./application.ts";
import { afterwards, waitAtRest, waitReplicated } from "./rest.ts";
import { type Answer, anotherMachine, assertCode, cutAtEveryStep, readState, startSyndicate } from "./syndicate.ts";
import { startTraffic } from "./traffic.ts";
import { type Side, scenario, useWorld } from "./world.ts";

// The plugin as a user runs it: the moves with one command, and what it says when it cannot go on.

const world = useWorld();
/** Runs `kubectl syndicate` without a terminal. */
function syndicate(words: string): Promise<Answer> {
  return startSyndicate(world.lab.kubeconfig, words).ended;
}

async function prepare(app: Application, inEast: number, inWest: number) {
  const { east, west } = world;
  await app.prepare(world);
  const first = await app.startPods(east, inEast);
  await app.create(east);
  await waitReplicated(app, west, east);
  const second = await app.startPods(west, inWest);
  // Endpoints follow the slices a second later, and no move begins before.
  assertCode(await syndicate(`status ${app.name} -n ${app.namespace} --for synced --timeout 30s`), 0);
  return { first, second };
}

async function versionOf(app: Application, side: Side): Promise<string | undefined> {
  return (await side.client.get(services.one(app.namespace, app.name))).metadata.resourceVersion;
}

describe("plugin", { concurrency: 4 }, () => {
  scenario(world, "union there, cutover back, old pods gone the moment it says so: nothing is lost", async (t) => {
    const { east, sides } = world;
    const app = new Application("driven");
    const { first, second } = await prepare(app, 3, 3);
    const traffic = await startTraffic(t, app, sides);
    const there = await syndicate("migrate driven -n shop --from east --to west --yes");
    assertCode(there, 0);
    await removeAtOnce(first);
    assert.match(there.out, /^Done in \S+: west serves shop\/driven with 3 endpoints; east follows\./);

    const third = await app.startPods(east, 2);
    const flags = "--strategy cutover --min-ready 2 --yes";
    const back = await syndicate(`migrate driven -n shop --from west --to east ${flags}`);
    assertCode(back, 0);
    await removeAtOnce(second);
    assert.match(back.out, /east serves shop\/driven with 2 endpoints/);
    assert.equal(third.length, 2);
    await afterwards();
    await traffic.stopWithoutLoss();
  });

  scenario(world, "cut off at every step, each time gone on with from another machine: nothing is lost", async (t) => {
    const { sides, lab } = world;
    const app = new Application("paused");
    const { first } = await prepare(app, 2, 2);
    const traffic = await startTraffic(t, app, sides);
    const move = "migrate paused -n shop --from east --to west --yes --hold 1s";
    const resume = "migrate resume paused -n shop --yes";
    const stopped = await cutAtEveryStep({
      machines: [lab.kubeconfig, anotherMachine(lab.kubeconfig)],
      first: move,
      resume,
      cuts: ["SIGINT", "SIGTERM"],
    });
    t.diagnostic(`cut off in the steps ${stopped.join(", ")}`);
    assert.ok(stopped.length >= 4, `cut off in the steps ${stopped.join(", ")} only`);
    await removeAtOnce(first);
    for (const words of [move, resume]) {
      const again = await syndicate(words);
      assertCode(again, 0);
      assert.match(again.out, /^Nothing to do: west serves shop\/paused with 2 endpoints/);
    }
    await afterwards();
    await traffic.stopWithoutLoss();
  });

  scenario(world, "finished, then rolled back: everything is as before, and nothing is lost", async (t) => {
    const { sides, lab } = world;
    const app = new Application("regretted");
    await prepare(app, 2, 2);
    const before = await readState(app, sides);
    const traffic = await startTraffic(t, app, sides);
    assertCode(await syndicate("migrate regretted -n shop --from east --to west --yes"), 0);
    const back = await startSyndicate(anotherMachine(lab.kubeconfig), "migrate rollback regretted -n shop -y").ended;
    assertCode(back, 0);
    assert.match(back.out, /^Rolled back in \S+: east serves shop\/regretted with 2 endpoints, as before the move m-/);
    await afterwards();
    await traffic.stopWithoutLoss();
    assert.deepEqual(await readState(app, sides), before);
  });

  scenario(world, "aborted and rolled back from elsewhere: whoever drives it ends", async () => {
    const { sides, lab } = world;
    const other = anotherMachine(lab.kubeconfig);
    const app = new Application("disputed");
    await prepare(app, 2, 1);
    const before = await readState(app, sides);
    const waits = /waits for .*west has 1 of 2 ready endpoints/;
    const driver = startSyndicate(
      lab.kubeconfig,
      "migrate disputed -n shop --from east --to west --yes --strategy cutover",
    );
    await driver.says(waits);
    const seen = await syndicate("status disputed -n shop --exit-code -o jsonpath={.move.phase}/{.move.stage}");
    assertCode(seen, 2);
    assert.equal(seen.out, "running/drain");
    const rival = await syndicate("migrate disputed -n shop --from west --to east --yes");
    assertCode(rival, 4);
    assert.match(rival.err, /no other move is under way +m-\w+, east to west, begun .* is open/);
    assertCode(await startSyndicate(other, "migrate abort disputed -n shop -y").ended, 0);
    const ended = await driver.ended;
    assertCode(ended, 5);
    assert.match(ended.err, /the move was aborted by somebody else; this run ends in step 3 of 4/);
    const again = startSyndicate(lab.kubeconfig, "migrate resume disputed -n shop -y --progress=json");
    await again.says(/"event":"waiting".*west has 1 of 2 ready endpoints.*get pods/);
    assertCode(await startSyndicate(other, "migrate rollback disputed -n shop -y").ended, 0);
    assertCode(await again.ended, 5);
    assert.deepEqual(await readState(app, sides), before);
    assertCode(await syndicate("migrate resume disputed -n shop -y"), 4);
  });

  scenario(world, "on a terminal: asked, watched, stopped by Ctrl-C", async () => {
    const { lab } = world;
    const app = new Application("watched");
    await prepare(app, 2, 1);
    const words = "migrate watched -n shop --from east --to west --strategy cutover";
    const refused = startSyndicate(lab.kubeconfig, words, true);
    await refused.says(/Type the name of the Service to start: /);
    refused.child.stdin?.write("\x03");
    const unstarted = await refused.ended;
    assertCode(unstarted, 130);
    assert.match(unstarted.out, /Stopped before the first write; nothing was written/);
    const run = startSyndicate(lab.kubeconfig, words, true);
    await run.says(/Type the name of the Service to start: /);
    run.child.stdin?.write("watched\n");
    await run.says(
      /> 3 both: .*\s+east: keeps serving: west has 1 of 2 ready endpoints\s+see: kubectl --context west get pods/,
    );
    run.child.stdin?.write("\x03");
    const stopped = await run.ended;
    assertCode(stopped, 130);
    assert.match(stopped.out, /Stopped in step 3 of 4.*go back: /s);
  });

  scenario(world, "a plan is kept in a file, and runs only while the clusters are as they were", async () => {
    const { east } = world;
    const app = new Application("planned");
    await prepare(app, 1, 1);
    const dry = await syndicate("migrate planned -n shop --from east --to west --dry-run=server -o yaml");
    assertCode(dry, 0);
    const file = join(mkdtempSync(join(tmpdir(), "syndicate-plan-")), "plan.yaml");
    writeFileSync(file, dry.out);
    await app.annotate(east, { [MODE]: "source" });
    await waitAtRest(app, world.sides, { mode: "source", at: "east" });
    const changed = await syndicate(`migrate -f ${file} --yes`);
    assertCode(changed, 4);
    assert.match(changed.err, /as when it was planned .*from\.mode was absent, is source.*make a new plan/);
    const anew = await syndicate("migrate planned -n shop --from east --to west --dry-run=client -o json");
    writeFileSync(file, anew.out);
    assertCode(await syndicate(`migrate -f ${file} --yes`), 0);
  });

  scenario(world, "time is up while pods are missing; a lower number lets it go on", async () => {
    const app = new Application("starved");
    await prepare(app, 2, 1);
    const move = "migrate starved -n shop --from east --to west --yes --strategy cutover";
    const late = await syndicate(`${move} --timeout 4s`);
    assertCode(late, 3);
    assert.match(late.err, /waits for east: keeps serving: west has 1 of 2 ready endpoints/);
    assertCode(await syndicate(`${move} --min-ready 1`), 0);
  });

  scenario(world, "refused: every reason is told and nothing is written", async () => {
    const { sides } = world;
    const app = new Application("refused");
    await prepare(app, 2, 0);
    const before = await Promise.all(sides.map((side) => versionOf(app, side)));
    const tooFew = await syndicate("migrate refused -n shop --from east --to west --yes");
    assertCode(tooFew, 4);
    assert.match(tooFew.err, /pods ready in west +0 of 2; start more, or lower it with --min-ready/);
    const unasked = await syndicate("migrate refused -n shop --from east --to west --min-ready 1 --strategy cutover");
    assertCode(unasked, 4);
    assert.match(unasked.err, /nobody can be asked here; give --yes/);
    const rehearsed = await syndicate(
      "migrate refused -n shop --from east --to west --strategy cutover --dry-run=server",
    );
    assertCode(rehearsed, 0);
    assert.match(rehearsed.out, /accepted every write and kept none/);
    assert.deepEqual(await Promise.all(sides.map((side) => versionOf(app, side))), before);
    const replica = await app.read(world.west);
    assert.equal(replica?.metadata.annotations?.[MIN_READY], undefined);
  });

  scenario(world, "status: list, tree, JSON", async () => {
    const app = new Application("shown");
    await prepare(app, 2, 0);
    const list = await syndicate("status -n shop --contexts east,west");
    assertCode(list, 0);
    assert.match(list.out, /^NAME +EAST +WEST +SYNC +MOVE +AGE$/m);
    assert.match(list.out, /^shown +origin 2\/2 +replica 2\/2 +InSync/m);
    const tree = await syndicate("status shown -n shop --contexts east,west");
    assert.match(tree.out, /^├─ east {3}origin {4}endpoints 2\/2 {3}selector app=shown$/m);
    const json = JSON.parse((await syndicate("status shown -n shop -o json")).out);
    assert.deepEqual([json.kind, json.inSync, json.places.length], ["ServiceStatus", true, 2]);
    const awaited = await syndicate(
      "status shown -n shop --for=serving=east --timeout 1m -o jsonpath={.places[*].role}",
    );
    assertCode(awaited, 0);
    assert.equal(awaited.out, "origin replica");
    assert.equal((await syndicate("status -n shop -l no=such -o name")).out, "");
    assert.match((await syndicate("version --contexts east,west")).out, /^client: +(\S+)\neast: +\1\nwest: +\1\n$/);
    assertCode(await syndicate("status shown -n shop --for=serving=west --timeout 1s"), 3);
    assertCode(await syndicate("status nowhere -n shop"), 1);
    assertCode(await syndicate("status nowhere -n shop --ignore-not-found"), 0);
  });
});
