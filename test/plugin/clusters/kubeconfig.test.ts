import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, test } from "node:test";
import { findContext, mergeKubeconfigs, readKubeconfigFiles } from "../../../plugin/clusters/kubeconfig.ts";

const folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const first = `
current-context: ""
clusters: [{ name: c, cluster: { server: https://one, certificate-authority: ca.crt } }]
users: [{ name: u, user: { exec: { command: ./login }, tokenFile: /abs/token } }]
contexts: [{ name: east, context: { cluster: c, user: u, namespace: shop } }]
`;
const second = `
current-context: west
clusters: [{ name: c, cluster: { server: https://two } }, { name: d, cluster: { server: https://three } }]
users: [{ name: v, user: { exec: { command: login } } }]
contexts: [{ name: west, context: { cluster: d, user: v } }]
`;

test("the first file that names something wins; the first current-context that is set counts", () => {
  const env = { KUBECONFIG: [file("a", first), join(folder, "missing"), "", file("b", second)].join(delimiter) };
  const merged = mergeKubeconfigs(readKubeconfigFiles(env));
  assert.equal(merged["current-context"], "west");
  assert.deepEqual(
    merged.contexts.map(({ name }) => name),
    ["east", "west"],
  );
  assert.deepEqual(merged.clusters[0], {
    name: "c",
    cluster: { server: "https://one", "certificate-authority": join(folder, "ca.crt") },
  });
});

test("paths are meant from the file's folder, commands found by PATH stay", () => {
  const merged = mergeKubeconfigs([
    { path: join(folder, "a"), text: first },
    { path: join(folder, "b"), text: second },
  ]);
  assert.deepEqual(merged.users, [
    { name: "u", user: { exec: { command: join(folder, "login") }, tokenFile: "/abs/token" } },
    { name: "v", user: { exec: { command: "login" } } },
  ]);
});

test("a file named by the flag must be there", () => {
  assert.throws(() => readKubeconfigFiles({}, join(folder, "missing")), /cannot be read: ENOENT/);
});

test("text that is no YAML is told without quoting it", () => {
  const text = "users:\n - {token: secret-token\n";
  assert.throws(
    () => mergeKubeconfigs([{ path: "x", text }]),
    (error: Error) => /kubeconfig x is not valid YAML/.test(error.message) && !error.message.includes("secret"),
  );
});

test("a context that names nothing is one of nothing; what is no list is none", () => {
  const odd = mergeKubeconfigs([
    { path: "a", text: "contexts: [{name: x}, {name: y, context: {cluster: c}}, 7]" },
    { path: "b", text: "contexts: {a: b}\nclusters: 7\nusers: x" },
    { path: "c", text: "- 1" },
    { path: "d", text: "" },
  ]);
  assert.deepEqual(odd.contexts, [
    { name: "x", context: { cluster: "", user: "" } },
    { name: "y", context: { cluster: "c", user: "" } },
  ]);
  assert.deepEqual([odd.clusters, odd.users], [[], []]);
});

test("an unknown context is told with the known ones", () => {
  const merged = mergeKubeconfigs([{ path: "a", text: first }]);
  assert.equal(findContext(merged, "east").context.namespace, "shop");
  assert.throws(() => findContext(merged, "north"), /no context "north" in the kubeconfig; it has: east/);
});
