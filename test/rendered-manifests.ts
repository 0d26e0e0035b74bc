/** The manifests as kubectl renders them. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { findKubectl } from "./lab/binaries/kubectl.ts";
import { runCommand } from "./lab/process.ts";

/** Folder of the manifests. */
export const MANIFESTS = join(dirname(dirname(fileURLToPath(import.meta.url))), "manifests");
const kubectl = await findKubectl(() => {}, process.env);

/** A rendered object. */
// biome-ignore lint/suspicious/noExplicitAny: rendered YAML; a wrong path fails the test that takes it
export type Rendered = any;

/** Objects of a kustomization below `manifests/`, by `Kind/name`. */
export async function render(folder: string): Promise<Map<string, Rendered>> {
  const { code, stdout, stderr } = await runCommand([kubectl, "kustomize", join(MANIFESTS, folder)]);
  assert.equal(code, 0, stderr);
  const objects = parseAllDocuments(stdout).map((document) => document.toJS());
  return new Map(objects.map((object) => [`${object.kind}/${object.metadata.name}`, object]));
}

/** The object of that key; fails with the keys there are. */
export function get(objects: Map<string, Rendered>, key: string): Rendered {
  const object = objects.get(key);
  assert.ok(object, `${key} is not among ${[...objects.keys()].join(", ")}`);
  return object;
}
