import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { findBinaries } from "./binaries.ts";

function folderWith(t: TestContext, programs: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "lab-binaries-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, output] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho '${output}'\n`, { mode: 0o755 });
  }
  return folder;
}

const SERVERS = { "kube-apiserver": "Kubernetes v1.36.2", "kube-proxy": "Kubernetes v1.36.2" };
const find = (env: NodeJS.ProcessEnv) => findBinaries(() => undefined, env);

test("a source that lacks a server is refused, and the server is named", async (t) => {
  const assets = folderWith(t, SERVERS);
  await assert.rejects(find({ KUBEBUILDER_ASSETS: assets }), /lacks kube-controller-manager\b/);
  await assert.rejects(find({ PATH: assets }), /lacks kube-controller-manager\b/);
});

test("servers of different versions are refused", async (t) => {
  const assets = folderWith(t, { ...SERVERS, "kube-controller-manager": "Kubernetes v1.35.0", etcd: "etcd" });
  await assert.rejects(find({ KUBEBUILDER_ASSETS: assets }), /one version.*v1\.36\.2.*v1\.35\.0/);
});

test("a complete KUBEBUILDER_ASSETS comes before PATH, its etcd and kubectl included", async (t) => {
  const programs = {
    ...SERVERS,
    "kube-controller-manager": "Kubernetes v1.36.2",
    etcd: "etcd Version: 3.6.1",
    kubectl: '{"clientVersion": {"minor": "36"}}',
  };
  const [assets, path] = [folderWith(t, programs), folderWith(t, { ...programs, "kube-apiserver": "v1.30.0" })];
  const binaries = await find({ KUBEBUILDER_ASSETS: assets, PATH: path });
  assert.equal(binaries.version, "v1.36.2");
  assert.deepEqual([binaries.etcd, binaries.kubectl], [join(assets, "etcd"), join(assets, "kubectl")]);
});
