import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { renderColumns } from "../../../plugin/output/custom-columns.ts";
import { parseFormat } from "../../../plugin/output/format.ts";
import { sortBy } from "../../../plugin/output/sorting.ts";
import { findKubectl } from "../../lab/binaries/kubectl.ts";
import { runCommand } from "../../lab/process.ts";
import { sendJson, startTinyServer, type TinyServer } from "../../shared/kube/tiny-server.ts";
import { sample } from "../jsonpath/corpus.ts";

// Columns and order through kubectl itself, which wants a server for them: one that knows these objects and nothing else.

const folder = mkdtempSync(join(tmpdir(), "columns-"));
writeFileSync(join(folder, "columns"), "NAME   SYNC\nmetadata.name   {.inSync}\n");
const items = ["web-10", "web-9", "api"].map((name, i) => ({
  ...sample,
  apiVersion: "v1",
  kind: "Service",
  metadata: { ...sample.metadata, name },
  large: [3, 20, 100][i],
  size: ["10", "9", "1k"][i],
  ...(i === 1 ? {} : { sometimes: `2026-01-0${i + 1}` }),
}));
const resources = [
  { name: "services", singularName: "service", namespaced: true, kind: "Service", verbs: ["get", "list"] },
];
const answers: Readonly<Record<string, object>> = {
  "/api": { kind: "APIVersions", versions: ["v1"] },
  "/apis": { kind: "APIGroupList", apiVersion: "v1", groups: [] },
  "/api/v1": { kind: "APIResourceList", groupVersion: "v1", resources },
  "/api/v1/namespaces/shop/services": { apiVersion: "v1", kind: "ServiceList", metadata: {}, items },
};
let kubectl: string;
let server: TinyServer;
before(async () => {
  kubectl = await findKubectl(() => undefined, process.env);
  server = await startTinyServer(({ path }, response) => {
    const answer = answers[path];
    if (answer) sendJson(response, answer);
    else response.writeHead(404).end();
  });
});
after(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const FORMATS: readonly (readonly [format: string, sortBy?: string])[] = [
  ["custom-columns=NAME:.metadata.name"],
  ["custom-columns=NAME:metadata.name,KIND:{.kind}"],
  ["custom-columns=A:.places[*].cluster,B:.ports,C:.places[0].sources,D:.nothing,E:.missing"],
  ["custom-columns=A:.ratio,B:.tiny,C:.large,D:.inSync,E:.none"],
  ["custom-columns=X:.places[?(@.ready>1)].cluster,Y:..cluster"],
  ["custom-columns=X:.places[2].note"],
  [`custom-columns-file=${join(folder, "columns")}`],
  ["custom-columns=NAME:.metadata.name", ".metadata.name"],
  ["custom-columns=NAME:.metadata.name", "{.large}"],
  ["custom-columns=NAME:.metadata.name", "{.size}"],
  ["custom-columns=NAME:.metadata.name", ".sometimes"],
  ["custom-columns=NAME:.metadata.name", ".nowhere"],
  ["custom-columns=NAME"],
  ["custom-columns=NAME:{.a}{.b}"],
  ["custom-columns="],
  ["nonsense"],
];

async function theirs(format: string, path?: string) {
  const flags = path === undefined ? [] : ["--sort-by", path];
  const words = [
    "get",
    "services",
    "-n",
    "shop",
    "--server",
    server.url,
    "--cache-dir",
    folder,
    "-o",
    format,
    ...flags,
  ];
  const { code, stdout } = await runCommand([kubectl, ...words], { env: { KUBECONFIG: "/dev/null" } });
  return { code, stdout };
}

function ours(text: string, path?: string) {
  try {
    const format = parseFormat(text);
    assert.ok(format.kind === "custom-columns");
    const sorted = path === undefined ? items : sortBy(items, path);
    return { code: 0, stdout: `${renderColumns(sorted, format.columns, true).join("\n")}\n` };
  } catch {
    return { code: 1, stdout: "" };
  }
}

describe("custom columns: as kubectl", { concurrency: 2 }, () => {
  for (const [format, path] of FORMATS) {
    const name = `${format.replace(folder, "")}${path === undefined ? "" : ` by ${path}`}`;
    test(name, async () => assert.deepEqual(ours(format, path), await theirs(format, path)));
  }
});
