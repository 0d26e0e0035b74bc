import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { renderKrewManifest } from "../plugin/delivery/krew.ts";
import { VERSION } from "../shared/version.ts";

// The rules by which krew accepts a manifest: kubernetes-sigs/krew, internal/index/validation/validate.go, and, for what a
// plugin may be called and say, its developer guide.

interface Platform {
  selector?: { matchLabels?: Record<string, string> };
  uri?: string;
  sha256?: string;
  bin?: string;
  files?: { from?: string; to?: string }[];
}

interface Manifest {
  apiVersion?: string;
  kind?: string;
  metadata?: { name?: string };
  spec?: {
    version?: string;
    homepage?: string;
    shortDescription?: string;
    description?: string;
    platforms?: Platform[];
  };
}

function findFaults({ apiVersion, kind, metadata, spec = {} }: Manifest): string[] {
  const { version = "", shortDescription = "", description = "", homepage = "", platforms = [] } = spec;
  const rules: [boolean, string][] = [
    [apiVersion === "krew.googlecontainertools.github.com/v1alpha2", "apiVersion"],
    [kind === "Plugin", "kind"],
    [/^[\w-]+$/.test(metadata?.name ?? "") && !/^(kubectl|kube)/.test(metadata?.name ?? ""), "name"],
    [/^v\d+\.\d+\.\d+(-[\w.]+)?$/.test(version), "version"],
    [shortDescription !== "" && !/[\r\n]/.test(shortDescription) && shortDescription.length <= 50, "shortDescription"],
    [description.split("\n").every((line) => line.length <= 80), "description"],
    [/^https:\/\//.test(homepage), "homepage"],
    [platforms.length > 0, "platforms"],
  ];
  return [...rules.flatMap(([holds, name]) => (holds ? [] : [name])), ...platforms.flatMap(findPlatformFaults)];
}

function findPlatformFaults({ selector, uri = "", sha256 = "", bin = "", files }: Platform): string[] {
  const labels = Object.keys(selector?.matchLabels ?? {});
  const rules: [boolean, string][] = [
    [labels.length > 0 && labels.every((label) => label === "os" || label === "arch"), "selector"],
    [/^https:\/\/\S+\.(tar\.gz|zip)$/.test(uri), "uri"],
    [/^[a-f0-9]{64}$/.test(sha256), "sha256"],
    [bin !== "" && !bin.includes(".."), "bin"],
    [(bin.endsWith(".exe") ? "windows" : selector?.matchLabels?.["os"]) === selector?.matchLabels?.["os"], "exe"],
    [files === undefined || (files.length > 0 && files.every(({ from, to }) => from && to)), "files"],
  ];
  return rules.flatMap(([holds, name]) => (holds ? [] : [name]));
}

const archive = (os: string, arch: string) => ({
  os,
  arch,
  uri: `https://downloads.example/kubectl-syndicate_v${VERSION}_${os}_${arch}.tar.gz`,
  sha256: "0123456789abcdef".repeat(4),
});
const release = {
  version: VERSION,
  homepage: "https://syndicate.example",
  archives: [archive("linux", "amd64"), archive("darwin", "arm64"), archive("windows", "amd64")],
};

test("krew's rules hold of the manifest", () => {
  const manifest = parse(renderKrewManifest(release)) as Manifest;
  assert.deepEqual(findFaults(manifest), []);
  assert.deepEqual(
    manifest.spec?.platforms?.map(({ bin }) => bin),
    ["kubectl-syndicate", "kubectl-syndicate", "kubectl-syndicate.exe"],
  );
});

for (const [name, change] of [
  ["platforms", { archives: [] }],
  ["version", { version: "one" }],
  ["sha256", { archives: [{ ...archive("linux", "amd64"), sha256: "ABC" }] }],
  ["uri", { archives: [{ ...archive("linux", "amd64"), uri: "" }] }],
] as const) {
  test(`a manifest with a bad ${name} is noticed`, () => {
    const manifest = parse(renderKrewManifest({ ...release, ...change })) as Manifest;
    assert.deepEqual(findFaults(manifest), [name]);
  });
}
