import assert from "node:assert/strict";
import { Application } from "./application.ts";
import { fingerprint } from "./fingerprint.ts";
import { moveStateful, moveStateless, together } from "./recipes.ts";
import { Supervisor } from "./supervisor.ts";
import { scenario, useWorld } from "./world.ts";

// All state is rebuilt from the objects: sync is killed after each single write, in both clusters, and started again.

const world = useWorld();

scenario(world, "kill -9 after every write of both recipes loses nothing and ends the same", async (t) => {
  const [stateless, stateful] = [new Application("stateless-plain"), new Application("stateful-plain")];
  await together(moveStateless(t, world, stateless), moveStateful(t, world, stateful));

  const supervisors = world.sides.map((side) => new Supervisor(world.lab, side));
  await Promise.all(supervisors.map((supervisor) => supervisor.start()));
  const [steppedStateless, steppedStateful] = [new Application("stateless-killed"), new Application("stateful-killed")];
  try {
    await together(moveStateless(t, world, steppedStateless), moveStateful(t, world, steppedStateful));
  } finally {
    await Promise.all(supervisors.map((supervisor) => supervisor.stop()));
    for (const [i, { steps }] of supervisors.entries())
      t.diagnostic(`${world.sides[i]?.name}: killed ${steps.length} times`);
  }
  for (const side of world.sides) {
    assert.equal(await fingerprint(steppedStateless, side), await fingerprint(stateless, side));
    assert.equal(await fingerprint(steppedStateful, side), await fingerprint(stateful, side));
  }
  for (const { steps } of supervisors) assert.ok(steps.length > 10, `only ${steps.length} steps: ${steps.join("\n")}`);
});
