import { sampleScripts } from "../../model/script.ts";
import { checkStories } from "../replayed-story.ts";
import { scenario, useWorld } from "../world.ts";

// As replay.test.ts, with three clusters: their ends on the model are those of random orders.

const STORIES = Number(process.env["REPLAYED_STORIES"] ?? 12);
const SEED = Number(process.env["PROPERTY_SEED"] ?? 20_261_121);
const NAMES = ["east", "west", "south"];

const world = useWorld({ clusters: NAMES });

scenario(world, "stories of three clusters end as in the model", (t) =>
  checkStories(t, world, "three", sampleScripts(NAMES, STORIES, SEED)),
);
