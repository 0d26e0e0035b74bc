import { type Disturbance, sampleScripts } from "../../model/script.ts";
import { checkStories } from "../replayed-story.ts";
import { scenario, useWorld } from "../world.ts";

// The model is checked against reality: the same stories, told to both, must end in the same objects.

/** Stories per scenario. */
const STORIES = Number(process.env["REPLAYED_STORIES"] ?? 4);
const SEED = Number(process.env["PROPERTY_SEED"] ?? 20_261_121);

const world = useWorld({ webhook: true });
const NAMES = ["east", "west"];

scenario(world, "stories with the webhook end as in the model", (t) =>
  checkStories(t, world, "hook", sampleScripts(NAMES, STORIES, SEED)),
);

scenario(world, "and without it", async (t) => {
  for (const { agent } of world.sides) {
    agent.webhook?.kill("SIGKILL");
    await agent.webhook?.exited;
  }
  await checkStories(t, world, "plain", sampleScripts(NAMES, STORIES, SEED + 1));
});

/** Stories that leave room for a disturbance: no other faults. */
function disturbed(disturbance: Disturbance, seed: number) {
  const calm = sampleScripts(NAMES, 3 * STORIES, seed).filter(({ events }) =>
    events.every(({ kind }) => kind === "mode" || kind === "pod"),
  );
  return calm.slice(0, STORIES).map((script) => ({ ...script, disturbance }));
}

scenario(world, "and while a sync process is killed and started again", async (t) => {
  const stories = disturbed({ kind: "kill", cluster: "east" }, SEED + 2);
  await checkStories(t, world, "killed", stories, async (played) => {
    const { agent } = world.east;
    agent.sync.kill("SIGKILL");
    await agent.sync.exited;
    await agent.startSync();
    await played;
  });
});

scenario(world, "and while the clusters are cut off from each other", async (t) => {
  const { east, west } = world;
  await checkStories(t, world, "cut", disturbed({ kind: "cut" }, SEED + 3), async (played) => {
    await east.cluster.cutFrom(west.cluster);
    await played;
    await east.cluster.healFrom(west.cluster);
  });
});
