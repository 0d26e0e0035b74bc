import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findResults, renderAsJson, renderResults } from "../../../plugin/jsonpath/evaluation.ts";
import { parseTemplate } from "../../../plugin/jsonpath/template.ts";
import { findKubectl } from "../../lab/binaries/kubectl.ts";
import { runCommand } from "../../lab/process.ts";
import { sample, TEMPLATES } from "./corpus.ts";

// Every template of the corpus through kubectl itself. `annotate --local` prints an object without asking any server.

const folder = mkdtempSync(join(tmpdir(), "jsonpath-"));
const file = join(folder, "object.json");
writeFileSync(file, JSON.stringify(sample));
let kubectl: string;
before(async () => {
  kubectl = await findKubectl(() => undefined, process.env);
});
after(() => rmSync(folder, { recursive: true }));

interface Answer {
  out: string;
  /** Why it was refused, without the sentences around. */
  error?: string;
}

async function theirs(format: string, template: string, ...flags: string[]): Promise<Answer> {
  const words = ["annotate", "--local", "--overwrite", "-f", file, "x=y", ...flags, "-o", `${format}=${template}`];
  const { code, stdout, stderr } = await runCommand([kubectl, ...words], { env: { KUBECONFIG: "/dev/null" } });
  if (code === 0) return { out: stdout };
  const [, parsing] = /^error: error parsing jsonpath [\s\S]*, ([^,]*)\n$/.exec(stderr) ?? [];
  const [, executing] =
    /^error: error executing jsonpath "[\s\S]*?": Error executing template: ([\s\S]*?)\. Printing more/.exec(stderr) ??
    [];
  return { out: "", error: parsing ?? executing ?? stderr };
}

function ours(template: string, render: typeof renderResults, strict = false): Answer {
  try {
    return { out: render(findResults(parseTemplate(template), sample, { strict })) };
  } catch (error) {
    return { out: "", error: (error as Error).message };
  }
}

describe("jsonpath: as kubectl", { concurrency: 2 }, () => {
  for (const template of TEMPLATES) {
    test(template, async () => assert.deepEqual(ours(template, renderResults), await theirs("jsonpath", template)));
  }
});

describe("jsonpath-as-json: as kubectl", { concurrency: 2 }, () => {
  for (const template of [
    "{.kind}",
    "{.places[*].cluster}",
    "{.places[0]}{.html}",
    "{.nothing}",
    "{.metadata.labels}",
  ]) {
    test(template, async () =>
      assert.deepEqual(ours(template, renderAsJson), await theirs("jsonpath-as-json", template)),
    );
  }
});

test("a missing field is an error if asked for so", async () => {
  const template = "{.nothing}";
  assert.deepEqual(
    ours(template, renderResults, true),
    await theirs("jsonpath", template, "--allow-missing-template-keys=false"),
  );
});
