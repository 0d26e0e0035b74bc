import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Intent } from "../../../shared/intent.ts";
import { ADOPT } from "../../../shared/keys.ts";
import { waitAgreed } from "../agreement.ts";
import { attack, disturb, Target } from "../attack.ts";
import { drawAttack, type Fault, type Temper, tell } from "../attack-script.ts";
import { PATIENCE_SECONDS, together } from "../recipes.ts";
import { afterwards, settle, waitReplicated } from "../rest.ts";
import { startTraffic, type Traffic } from "../traffic.ts";
import { type Side, scenario, useWorld } from "../world.ts";

// Many people declare at the same moments in all clusters, pods come and go, programs are killed and networks cut. Whoever wins:
// all end in what the last word asks for, and nobody's request is lost.

const ROUNDS = Number(process.env["RACES"] ?? 3);
const SEED = Number(process.env["PROPERTY_SEED"] ?? 20_261_121);
const ATTACK_MS = 15_000;
/** Without the webhook, times are whole seconds. */
const SECOND_MS = 1100;
const CLUSTERS = ["east", "west", "south"];
const APPS: readonly [name: string, temper: Temper][] = [
  ["steady", "steady"],
  ["headless", "steady"],
  ["parting", "parting"],
  ["wild-a", "wild"],
  ["wild-b", "wild"],
];

const world = useWorld({ clusters: CLUSTERS, webhook: true });

async function begin(name: string): Promise<Target> {
  const { east, sides } = world;
  const target = new Target(world, name, { headless: name.startsWith("headless") });
  await target.app.prepare(world);
  await target.startPods();
  await target.app.create(east);
  for (const side of sides) if (side !== east) await waitReplicated(target.app, side, east);
  return target;
}

/** One person alone says, later than whatever was said before, that this cluster serves, for all of them. */
async function serve(target: Target, side: Side): Promise<Intent | undefined> {
  await sleep(SECOND_MS);
  await target.app.say(side, { [ADOPT]: CLUSTERS.filter((name) => name !== side.name).join() });
  await target.declare(side, "source");
  return waitAgreed(target, world.sides, PATIENCE_SECONDS, "source");
}

/** Whatever was said: one cluster serves in the end, and all pods of the others may go at once. */
async function finish(target: Target, temper: Temper, round: number): Promise<void> {
  const { sides } = world;
  const said = temper === "steady" ? await waitAgreed(target, sides, PATIENCE_SECONDS) : undefined;
  const intent = said?.mode === "source" ? said : await serve(target, sides[round % sides.length] as Side);
  await settle();
  await target.endPods(sides.filter(({ name }) => name !== intent?.at));
  await afterwards();
  await waitAgreed(target, sides, PATIENCE_SECONDS);
  await target.startPods();
}

/** However far the clusters have come apart: a person makes the Service in the first one and says that it serves. */
async function mend(target: Target): Promise<void> {
  const { east } = world;
  await target.apply(east);
  assert.equal((await serve(target, east))?.at, "east");
}

function report(t: TestContext, { app, declared, refused }: Target): void {
  t.diagnostic(`${app.name}: ${declared.length} declarations, ${refused.length} refused\n${refused.join("\n")}`);
}

async function race(t: TestContext, suffix: string, isFault: (fault: Fault) => boolean, seed: number): Promise<void> {
  const targets = await Promise.all(APPS.map(([name]) => begin(name + suffix)));
  const tempers = APPS.map(([, temper]) => temper);
  const traffic: Traffic[] = [];
  for (const [i, { app }] of targets.entries())
    if (tempers[i] !== "wild") traffic.push(await startTraffic(t, app, world.sides));
  for (let round = 0; round < ROUNDS; round++) {
    const drawn = drawAttack({ clusters: CLUSTERS, tempers, lasts: ATTACK_MS, seed: seed + round });
    const faults = drawn.faults.filter(isFault);
    t.diagnostic(`attack ${seed + round}: ${faults.map(tell).join("; ")}`);
    const deeds = targets.map((_, i) => drawn.deeds[i] ?? []);
    for (const [i, { app }] of targets.entries()) t.diagnostic(`${app.name}: ${deeds[i]?.map(tell).join("; ")}`);
    await together(disturb(world, faults), ...targets.map((target, i) => attack(target, deeds[i] ?? [])));
    await together(
      ...targets.map((target, i) => {
        const temper = tempers[i] ?? "wild";
        return temper === "wild" ? mend(target) : finish(target, temper, round);
      }),
    );
    for (const target of targets) report(t, target);
  }
  for (const one of traffic) await one.stopWithoutLoss();
}

scenario(world, "whatever races: one word wins, everybody follows it, and no request is lost", (t) =>
  race(t, "", () => true, SEED),
);

scenario(world, "and without the webhook", async (t) => {
  for (const { agent } of world.sides) {
    agent.webhook?.kill("SIGKILL");
    await agent.webhook?.exited;
  }
  await race(t, "-plain", ({ kind }) => kind !== "webhook", SEED + ROUNDS);
});
