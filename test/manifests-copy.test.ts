import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { test } from "node:test";
import { stringify } from "yaml";
import { type ManifestOptions, pathOf, renderManifests, renderPeerAccess } from "../plugin/install/manifests.ts";
import { MANIFESTS, type Rendered, render } from "./rendered-manifests.ts";

// The plugin carries what kustomize makes of manifests/, so that an installation with it is the one of the guide.
// UPDATE_GOLDEN=1 renews the copy.

const FILE = new URL("../plugin/install/manifests.json", import.meta.url);

const text = (objects: Iterable<Rendered>) =>
  [...objects].map((object) => stringify(object, { lineWidth: 0 })).join("---\n");

test("the copy in the plugin is what kustomize renders", async () => {
  const [base, current] = [await render("."), await render("overlays/current")];
  const extra = await renderWith("components:\n  - ../components/create-namespaces\n");
  const made = {
    base: text(base.values()),
    current: text([...current.values()].filter(({ kind }) => kind.endsWith("WebhookConfiguration"))),
    createNamespaces: text([...extra].filter(([key]) => !base.has(key)).map(([, object]) => object)),
  };
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(FILE, `${JSON.stringify(made, null, 2)}\n`);
  assert.deepEqual(
    JSON.parse(readFileSync(FILE, "utf8")),
    made,
    "UPDATE_GOLDEN=1 renews plugin/install/manifests.json",
  );
});

/** What kustomize renders with further lines in a kustomization of the base. */
async function renderWith(lines: string, base = "."): Promise<Map<string, Rendered>> {
  const folder = await mkdtemp(join(MANIFESTS, ".rendering-"));
  try {
    const resource = relative(folder, join(MANIFESTS, base === "." ? "base" : base));
    await writeFile(join(folder, "kustomization.yaml"), `resources:\n  - ${resource}\n${lines}`);
    return await render(relative(MANIFESTS, folder));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const LITERALS = `configMapGenerator:
  - name: syndicate-settings
    namespace: syndicate-system
    behavior: merge
    literals:
      - CLUSTER_NAME=east
      - EXCLUDE=kube-system,"dev"<&>
images:
  - name: kubectl-syndicate
    newName: REGISTRY/kubectl-syndicate
    newTag: "7"
`;

const options: ManifestOptions = {
  settings: { CLUSTER_NAME: "east", EXCLUDE: 'kube-system,"dev"<&>' },
  image: "REGISTRY/kubectl-syndicate:7",
  webhook: "ignore",
  createNamespaces: false,
};

const variants: [string, string, string, Partial<ManifestOptions>][] = [
  ["as shipped", ".", LITERALS, {}],
  ["for Kubernetes 1.30", "overlays/current", LITERALS, { webhook: "fail" }],
  [
    "making namespaces",
    ".",
    `${LITERALS}components:\n  - ../components/create-namespaces\n`,
    { createNamespaces: true },
  ],
];

for (const [name, base, lines, changes] of variants) {
  test(`manifests ${name} are those of kubectl apply -k`, async () => {
    const kustomized = await renderWith(lines, base);
    const rendered = renderManifests({ ...options, ...changes });
    assert.deepEqual(new Map(rendered.map((object) => [`${object.kind}/${object.metadata.name}`, object])), kustomized);
    const kinds = rendered.map(({ kind }) => kind);
    assert.equal(kinds[0], "Namespace");
    assert.ok(kinds.indexOf("ConfigMap") < kinds.indexOf("Deployment"));
  });
}

test("the access of peers is part of them", () => {
  assert.deepEqual(renderPeerAccess().map(pathOf).sort(), [
    "/api/v1/namespaces/syndicate-system",
    "/api/v1/namespaces/syndicate-system/serviceaccounts/syndicate-peer",
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/syndicate-peer",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles/syndicate-peer",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/syndicate-system/rolebindings/syndicate-peer",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/syndicate-system/roles/syndicate-peer",
  ]);
});
