import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { PEERS_SECRET, SYSTEM_NAMESPACE } from "../../shared/keys.ts";
import { parsePlainKubeconfig } from "../../shared/kube/kubeconfig.ts";
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
// As `npm link` does, but for the sources.
const bin = join(lab.dir, "bin");
mkdirSync(bin);
const script = `#!/bin/sh\nexec ${process.execPath} ${join(ROOT, "plugin/main.ts")} "$@"\n`;
writeFileSync(join(bin, "kubectl-syndicate"), script, { mode: 0o755 });
const seen: { linked?: string } = {};

test("the guide has commands", () => assert.ok(blocks.length >= 4, `${blocks.length} blocks`));

for (const [i, block] of blocks.entries()) {
  const commands = block[1] ?? "";
  const line = guide.slice(0, block.index).split("\n").length;
  test(`docs/install.md:${line} block ${i + 1}`, async () => {
    const path = `${bin}:${dirname(lab.kubectl)}:${process.env["PATH"]}`;
    const env = { ...process.env, KUBECONFIG: lab.kubeconfig, PATH: path };
    const { code, stdout, stderr } = await runCommand(["bash", "-euc", `cd "${folder}"\n${commands}`], { env });
    assert.equal(code, 0, `${commands}\n${stdout}\n${stderr}`);
    if (!commands.includes("syndicate link ")) return;
    const east = lab.cluster("east");
    const secret = await east.call("GET", `/api/v1/namespaces/${SYSTEM_NAMESPACE}/secrets/${PEERS_SECRET}`);
    seen.linked = (secret as { data: Record<string, string> }).data["west"] ?? "";
  });
}

test("the kubeconfig made by the guide was one that sync accepts", () => {
  const text = Buffer.from(seen.linked ?? "", "base64").toString("utf8");
  assert.equal(parsePlainKubeconfig(text, "west").server, lab.cluster("west").localServer);
});
