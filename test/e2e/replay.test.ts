import { sampleScripts } from "../model/script.ts";
import { checkStories } from "./replayed-story.ts";
import { scenario, useWorld } from "./world.ts";

// A sample of what long/replay.test.ts does: stories told to the model and to real clusters end in the same objects.

const STORIES = 3;
const SEED = 8;

const world = useWorld({ webhook: true });

scenario(world, "a sample of stories ends as in the model", (t) =>
  checkStories(t, world, "sample", sampleScripts(["east", "west"], STORIES, SEED)),
);
