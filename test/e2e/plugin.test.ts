import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe } from "node:test";
import { fileURLToPath } from "node:url";
import { MIN_READY } from "../../shared/keys.ts";
import { services } from "../../shared/kube/resources.ts";
import { Application, removeAtOnce } from "./application.ts";
import { afterwards, waitReplicated } from "./rest.ts";
import { startTraffic } from "./traffic.ts";
import { type Side, scenario, useWorld } from "./world.ts";

// The plugin as a user runs it: the moves with one command, and what it says when it cannot go on.

const world = useWorld();
const MAIN = fileURLToPath(new URL("../../plugin/main.ts", import.meta.url));

interface Answer {
  code: number | null;
  out: string;
  err: string;
}

/** Runs `kubectl syndicate` without a terminal; `interruptAfter` milliseconds sends it a Ctrl-C. */
async function syndicate(words: string, interruptAfter?: number): Promise<Answer> {
  const child = spawn(process.execPath, [MAIN, ...words.split(" ")], {
    env: { ...process.env, KUBECONFIG: world.lab.kubeconfig, LANG: "C.UTF-8" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const answer: Answer = { code: null, out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    answer.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    answer.err += chunk;
  });
  if (interruptAfter !== undefined) {
    // Counted from the first progress line: a loaded machine needs seconds to get there.
    const started = setInterval(() => {
      if (!answer.err.includes("step=")) return;
      clearInterval(started);
      setTimeout(() => child.kill("SIGINT"), interruptAfter);
    }, 20);
  }
  const [code] = (await once(child, "close")) as [number | null];
  return { ...answer, code };
}

function assertCode(answer: Answer, code: number): void {
  assert.equal(answer.code, code, `exit ${answer.code}\n${answer.out}\n${answer.err}`);
}

async function prepare(app: Application, inEast: number, inWest: number) {
  const { east, west } = world;
  await app.prepare(world);
  const first = await app.startPods(east, inEast);
  await app.create(east);
  await waitReplicated(app, west, east);
  return { first, second: await app.startPods(west, inWest) };
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

  scenario(world, "interrupted, resumed, and nothing left to do", async (t) => {
    const { sides } = world;
    const app = new Application("paused");
    const { first } = await prepare(app, 2, 2);
    const traffic = await startTraffic(t, app, sides);
    const move = "migrate paused -n shop --from east --to west --yes";
    const stopped = await syndicate(move, 1000);
    assertCode(stopped, 130);
    assert.match(
      stopped.err,
      /Stopped in step \d of 6.*go on: {4}kubectl syndicate migrate resume paused -n shop.*go back: /s,
    );
    assertCode(await syndicate(move), 0);
    await removeAtOnce(first);
    const again = await syndicate(move);
    assertCode(again, 0);
    assert.match(again.out, /^Nothing to do: west serves shop\/paused with 2 endpoints/);
    await afterwards();
    await traffic.stopWithoutLoss();
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
    assert.match(list.out, /^NAME +EAST +WEST +SYNC +AGE$/m);
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
