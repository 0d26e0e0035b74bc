/** Who wrote what of an object, as its managedFields tell. Pure. */
import { isOurKey } from "../../shared/keys.ts";
import type { KubeObject, ManagedFieldsEntry } from "../../shared/kube/objects.ts";

/** One writer of an object. */
export interface Writer {
  /** Field manager: the program that wrote. */
  manager: string;
  /** RFC 3339; empty if the API server does not say. */
  time: string;
  /** What it owns, in short words such as `selector`, `ports`, `mode`, `labels`. */
  fields: readonly string[];
}

/** All writers, the latest last. */
export function listWriters({ metadata }: KubeObject): Writer[] {
  const writers = (metadata.managedFields ?? []).map((entry) => ({
    manager: entry.manager ?? "unknown",
    time: entry.time ?? "",
    fields: nameFields(entry),
  }));
  return writers.filter(({ fields }) => fields.length > 0).sort((a, b) => (a.time < b.time ? -1 : 1));
}

type Fields = Readonly<Record<string, unknown>>;

function nameFields({ fieldsV1, subresource }: ManagedFieldsEntry): string[] {
  const root = fieldsV1 ?? {};
  const names = Object.keys(root).flatMap((key) => {
    const inside = childrenOf(root, key);
    switch (key) {
      case "f:metadata":
        return nameMetadata(inside);
      case "f:spec":
        return Object.keys(inside).map(plainName).filter(isTelling);
      case "f:status":
        return ["status"];
      default:
        return [plainName(key)];
    }
  });
  const found = [...new Set(names)].sort();
  return found.length === 0 && subresource ? [subresource] : found;
}

/** Keys of ours are named one by one, what else is annotated or labelled only as such. */
function nameMetadata(metadata: Fields): string[] {
  return ["f:annotations", "f:labels"].flatMap((map) =>
    Object.keys(childrenOf(metadata, map)).flatMap((field) => {
      const key = plainName(field);
      if (key === "." || key === "") return [];
      return isOurKey(key) ? key.slice(key.indexOf("syndicate-") + "syndicate-".length) : plainName(map);
    }),
  );
}

function childrenOf(fields: Fields, key: string): Fields {
  const value = fields[key];
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function plainName(field: string): string {
  return field.startsWith("f:") ? field.slice(2) : field;
}

/** Defaults that every writer of a Service owns say nothing. */
function isTelling(field: string): boolean {
  return !["sessionAffinity", "type", "."].includes(field);
}
