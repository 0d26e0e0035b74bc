import assert from "node:assert/strict";
import { cpSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parsePeerKubeconfig } from "../../shared/kube/kubeconfig.ts";
import { startLab } from "../lab/lab.ts";
import { runCommand } from "../lab/process.ts";

// The commands of docs/install.md, in their order, as a reader would paste them.

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const guide = readFileSync(join(ROOT, "docs/install.md"), "utf8");
const blocks = [...guide.matchAll(/^```sh tested\n([\s\S]*?)^```$/gm)];
const lab = await startLab({ clusters: ["east", "west"] });
after(() => lab.stop());
const folder = join(lab.dir, "checkout");
cpSync(join(ROOT, "manifests"), join(folder, "manifests"), { recursive: true });

test("the guide has commands", () => assert.ok(blocks.length >= 8, `${blocks.length} blocks`));

for (const [i, block] of blocks.entries()) {
  const script = block[1] ?? "";
  const line = guide.slice(0, block.index).split("\n").length;
  test(`docs/install.md:${line} block ${i + 1}`, async () => {
    const path = `${dirname(lab.kubectl)}:${process.env["PATH"]}`;
    const env = { ...process.env, KUBECONFIG: lab.kubeconfig, PATH: path };
    const { code, stdout, stderr } = await runCommand(["bash", "-euc", `cd "${folder}"\n${script}`], { env });
    assert.equal(code, 0, `${script}\n${stdout}\n${stderr}`);
  });
}

test("the kubeconfig made by the guide is one that sync accepts", () => {
  const text = readFileSync(join(folder, "peers/east/west"), "utf8");
  assert.equal(parsePeerKubeconfig(text, "west").server, lab.cluster("west").localServer);
});
