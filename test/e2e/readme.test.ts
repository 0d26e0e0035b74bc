import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe } from "node:test";
import { fileURLToPath } from "node:url";
import { MIN_READY_SECONDS } from "../../shared/keys.ts";
import { runCommand } from "../lab/process.ts";
import { Application } from "./application.ts";
import { finishMove, type Move, startMove, startNewPods } from "./recipes.ts";
import { waitAtRest } from "./rest.ts";
import { scenario, useWorld } from "./world.ts";

// The commands of the README for moves by hand, as a reader would paste them.

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const readme = readFileSync(join(ROOT, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```sh tested\n([\s\S]*?)^```$/gm)].map(([, script]) => script ?? "");
const world = useWorld();

/** The block that begins with these words, run by a shell; what it prints. */
async function paste(beginning: string): Promise<string> {
  const script = blocks.find((block) => block.startsWith(beginning));
  assert.ok(script, `the README has no tested block that begins with "${beginning}"`);
  const path = `${dirname(world.lab.kubectl)}:${process.env["PATH"]}`;
  const env = { ...process.env, KUBECONFIG: world.lab.kubeconfig, PATH: path };
  const { code, stdout, stderr } = await runCommand(["bash", "-euc", script], { env });
  assert.equal(code, 0, `${script}\n${stdout}\n${stderr}`);
  return stdout;
}

/** The default is ten seconds; the promise is the same with two. */
function hurry({ app }: Move): Promise<unknown> {
  return app.annotate(world.east, { [MIN_READY_SECONDS]: "2" });
}

describe("the README's moves by hand", { concurrency: 2 }, () => {
  scenario(world, "stateless, and the look at the slices before the old pods go", async (t) => {
    const move = await startMove(t, world, new Application("web"));
    await hurry(move);
    await startNewPods(world, move);
    await paste("kubectl --context east annotate service web");
    await waitAtRest(move.app, world.sides, { mode: "source", at: "west" });
    const [header = "", ...rows] = (await paste("kubectl --context east get endpointslices")).trim().split("\n");
    assert.match(header, /SOURCE-CLUSTER$/);
    assert.ok(rows.length > 0 && rows.every((row) => /\bwest$/.test(row)), rows.join("\n"));
    await finishMove(world, move);
  });

  scenario(world, "stateful", async (t) => {
    const move = await startMove(t, world, new Application("ledger"));
    await hurry(move);
    await paste("kubectl --context east annotate service ledger");
    await startNewPods(world, move);
    await finishMove(world, move);
  });
});
