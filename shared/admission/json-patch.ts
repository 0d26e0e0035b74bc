/**
 * Minimal JSON patches (RFC 6902) on metadata and selector. A patch that does not apply rejects the user's request even
 * where the webhook is configured to be ignored on failure, so every operation is made from the object it is for.
 */
import type { Service } from "../kube/objects.ts";

export interface PatchOperation {
  op: "add" | "replace" | "remove";
  path: string;
  value?: unknown;
}

/** What shall differ from the object as sent. */
export interface ServiceEdits {
  /** Key → value to set; undefined removes. */
  annotations: ReadonlyMap<string, string | undefined>;
  labels: ReadonlyMap<string, string | undefined>;
  removeSelector: boolean;
}

/** The operations that bring `edits` about on `service`; empty if it is so already. */
export function buildPatch(service: Service, edits: ServiceEdits): PatchOperation[] {
  const patch = [
    ...patchMap("/metadata/annotations", service.metadata.annotations, edits.annotations),
    ...patchMap("/metadata/labels", service.metadata.labels, edits.labels),
  ];
  if (edits.removeSelector && Object.hasOwn(service.spec, "selector")) {
    patch.push({ op: "remove", path: "/spec/selector" });
  }
  return patch;
}

/** One reference token of a JSON pointer: `~` first, else the escape of `/` would be escaped again (RFC 6901, 3). */
export function escapePointer(token: string): string {
  return token.replaceAll("~", "~0").replaceAll("/", "~1");
}

function patchMap(
  path: string,
  present: Record<string, string> | null | undefined,
  wanted: ReadonlyMap<string, string | undefined>,
): PatchOperation[] {
  if (!present) {
    const added = [...wanted].filter((entry): entry is [string, string] => entry[1] !== undefined);
    return added.length ? [{ op: "add", path, value: Object.fromEntries(added) }] : [];
  }
  const patch: PatchOperation[] = [];
  for (const [key, value] of wanted) {
    const has = Object.hasOwn(present, key);
    if (has ? present[key] === value : value === undefined) continue;
    const target = `${path}/${escapePointer(key)}`;
    patch.push(
      value === undefined ? { op: "remove", path: target } : { op: has ? "replace" : "add", path: target, value },
    );
  }
  return patch;
}
