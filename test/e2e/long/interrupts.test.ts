import assert from "node:assert/strict";
import { describe } from "node:test";
import { Application, removeAtOnce } from "../application.ts";
import { afterwards, waitReplicated } from "../rest.ts";
import { anotherMachine, assertCode, type Cut, cutAtEveryStep, readState, startSyndicate } from "../syndicate.ts";
import { startTraffic } from "../traffic.ts";
import { scenario, useWorld } from "../world.ts";

// Both strategies, with the webhook at work, cut off at every step in every way, then gone on with, or rolled back, elsewhere.

const world = useWorld({ webhook: true });

const CUTS: readonly Cut[] = ["SIGINT", "SIGTERM", "SIGKILL"];

async function prepare(name: string) {
  const { east, west } = world;
  const app = new Application(name);
  await app.prepare(world);
  const first = await app.startPods(east, 2);
  await app.create(east);
  await waitReplicated(app, west, east);
  await app.startPods(west, 2);
  return { app, first };
}

describe("interrupts", { concurrency: 3 }, () => {
  for (const strategy of ["union --hold 1s", "cutover"]) {
    for (const cut of CUTS) {
      const name = `${strategy.slice(0, 5)}-${cut.toLowerCase()}`;
      scenario(world, `${strategy}, ${cut} at every step, gone on with from the other machine`, async (t) => {
        const { lab, sides } = world;
        const { app, first } = await prepare(`on-${name}`);
        const traffic = await startTraffic(t, app, sides);
        const stopped = await cutAtEveryStep({
          machines: [lab.kubeconfig, anotherMachine(lab.kubeconfig)],
          first: `migrate ${app.name} -n shop --from east --to west --yes --strategy ${strategy}`,
          resume: `migrate resume ${app.name} -n shop --yes`,
          cuts: [cut],
        });
        t.diagnostic(`${app.name} was cut off in the steps ${stopped.join(", ")}`);
        assert.ok(stopped.length >= 2);
        await removeAtOnce(first);
        await afterwards();
        await traffic.stopWithoutLoss();
      });
    }
    for (let step = 1; step <= (strategy === "cutover" ? 4 : 7); step++) {
      scenario(world, `${strategy}, cut off in step ${step}, rolled back from the other machine`, async (t) => {
        const { lab, sides } = world;
        const { app } = await prepare(`back-${strategy.slice(0, 5)}-${step}`);
        const before = await readState(app, sides);
        const traffic = await startTraffic(t, app, sides);
        const words = `migrate ${app.name} -n shop --from east --to west --yes --strategy ${strategy}`;
        const run = startSyndicate(lab.kubeconfig, words);
        await run.says(new RegExp(`step=${step}/\\d written|step=${step + 1}/\\d started|nothing has changed`));
        run.child.kill("SIGINT");
        await run.ended;
        const back = startSyndicate(anotherMachine(lab.kubeconfig), `migrate rollback ${app.name} -n shop -y`);
        assertCode(await back.ended, 0);
        await afterwards();
        await traffic.stopWithoutLoss();
        assert.deepEqual(await readState(app, sides), before);
      });
    }
  }
});
