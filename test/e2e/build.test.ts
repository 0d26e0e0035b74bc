import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { runCommand } from "../lab/process.ts";

// What ships: bundles that need Node and nothing else.

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const DIST = join(ROOT, "dist");

function node(...args: string[]) {
  // Away from the repository, so that nothing is found in its node_modules by chance of the working directory.
  return runCommand([process.execPath, ...args], { cwd: "/", env: { CLUSTER_NAME: "" } });
}

before(async () => {
  const { code, stderr } = await node(join(ROOT, "build.ts"));
  assert.equal(code, 0, stderr);
});

test("kubectl-syndicate starts and explains itself", async () => {
  const { code, stdout, stderr } = await node(join(DIST, "plugin/main.js"), "--help");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /kubectl syndicate/);
});

test("completion answers in kubectl's format", async () => {
  const { stdout } = await node(join(DIST, "plugin/complete.js"), "");
  assert.match(stdout, /^status\b[\s\S]*:4\n$/m);
});

for (const room of ["sync", "webhook"]) {
  test(`${room} starts and asks for the name of the cluster`, async () => {
    const { code, stderr } = await node(join(DIST, room, "main.js"));
    assert.notEqual(code, 0);
    assert.match(stderr, /CLUSTER_NAME/);
  });
}

test("every program says on an old Node what it needs", async () => {
  const pretend = "data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.1.0'}})";
  for (const program of ["plugin/main.js", "plugin/complete.js", "sync/main.js", "webhook/main.js"]) {
    const { code, stdout, stderr } = await node("--import", pretend, join(DIST, program));
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^kubectl-syndicate needs Node >= 22\.19, this is 20\.1\.0 /);
  }
});

test("package.json and the manifests name files that were built, and the licences of what is inside are there", () => {
  const { bin, dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  for (const file of Object.values<string>(bin)) {
    assert.ok(readFileSync(join(ROOT, file), "utf8").startsWith("#!/usr/bin/env node\n"), file);
  }
  const deployment = readFileSync(join(ROOT, "manifests/base/deployment.yaml"), "utf8");
  for (const [, file] of deployment.matchAll(/\/app\/(dist\/\S+\.js)/g)) assert.ok(existsSync(join(ROOT, file ?? "")));
  const licences = readFileSync(join(DIST, "THIRD-PARTY-LICENSES.txt"), "utf8");
  for (const name of Object.keys(dependencies)) assert.ok(licences.includes(`${name} ${dependencies[name]} (`), name);
});
