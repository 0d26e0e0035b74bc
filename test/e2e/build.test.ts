import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { VERSION } from "../../shared/version.ts";
import { runCommand } from "../lab/process.ts";

// What ships: bundles that need Node and nothing else.

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const DIST = join(ROOT, "dist");

/** Prints the URL of every file that is imported. */
const HOOKS = `export async function load(url, context, next) {
  if (url.startsWith("file:")) process.stderr.write(url + "\\n");
  return next(url, context);
}`;
const REPORT_IMPORTS = `data:text/javascript,${encodeURIComponent(`import { register } from "node:module";
register("data:text/javascript,${encodeURIComponent(HOOKS)}");`)}`;

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

test("the version is told alone and as a command", async () => {
  const alone = await node(join(DIST, "plugin/main.js"), "--version");
  assert.equal(alone.stdout, `${VERSION}\n`);
  const { stdout } = await node(join(DIST, "plugin/main.js"), "version", "--client");
  assert.equal(stdout, `client:   ${VERSION}\n`);
});

test("completion loads nothing but its own file, in which are neither parser nor client", async () => {
  const reported = await node("--import", REPORT_IMPORTS, join(DIST, "plugin/complete.js"), "status", "--contexts", "");
  const launched = reported.stderr.split("\n").filter(Boolean);
  assert.deepEqual(
    launched.map((url) => basename(url)),
    ["complete.js"],
  );
  const required = [...readFileSync(join(DIST, "plugin/complete.js"), "utf8").matchAll(/require\("(\.[^"]+)"\)/g)];
  const loaded = required.map(([, file = ""]) => pathToFileURL(join(DIST, "plugin", file)).href);
  assert.equal(loaded.length, 1);
  const size = loaded.reduce((sum, file) => sum + statSync(fileURLToPath(file)).size, 0);
  assert.ok(size < 300_000, `${size} bytes in ${loaded.join(", ")}`);
  for (const file of loaded) {
    assert.doesNotMatch(readFileSync(fileURLToPath(file), "utf8"), /yargs|undici|showHelpOnFail/, file);
  }
});

test("the executable needs no Node: help, version, completion under its other name", async () => {
  const { code, stderr } = await node(join(ROOT, "build.ts"), "binary");
  assert.equal(code, 0, stderr);
  const run = (name: string, ...words: string[]) =>
    runCommand([join(DIST, "binary", name), ...words], { cwd: "/", env: { PATH: "" } });
  assert.equal((await run("kubectl-syndicate", "--version")).stdout, `${VERSION}\n`);
  assert.match((await run("kubectl-syndicate", "status", "--help")).stdout, /^kubectl syndicate status /);
  assert.match((await run("kubectl_complete-syndicate", "sta")).stdout, /^status\b.*\n:4\n$/);
  assert.match((await run("kubectl-syndicate", "__complete", "sta")).stdout, /^status\b.*\n:4\n$/);
  const unreachable = join(DIST, "binary-parts", "kubeconfig");
  const cluster = { server: "https://127.0.0.1:1" };
  writeFileSync(
    unreachable,
    JSON.stringify({
      clusters: [{ name: "c", cluster }],
      users: [{ name: "u", user: { token: "x" } }],
      contexts: [{ name: "east", context: { cluster: "c", user: "u" } }],
    }),
  );
  const status = await run("kubectl-syndicate", "status", "--kubeconfig", unreachable);
  assert.equal(status.code, 1);
  assert.match(status.stderr, /east: no answer: .*ECONNREFUSED/);
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
