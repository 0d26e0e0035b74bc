/** A copy takes the place of one that goes: one write instead of two, and no moment with both or neither. */
import type { EndpointSlice } from "../../kube/objects.ts";
import { equalCopies, sourceOf } from "../copies.ts";

/** Wanted copies under the names they are written by. */
export interface NamedCopies {
  slices: EndpointSlice[];
  /** Names of those that stand in the place of another slice's copy. */
  reused: ReadonlySet<string>;
}

/**
 * A wanted copy that does not exist takes the name of an existing one that nobody wants any more, if both are of one source
 * and one address type. One that already says the same comes first, so that a name that was taken once stays taken; copies of
 * sources that are `dropped` stay apart, for those go on conditions of their own.
 */
export function reuseNames(
  wanted: readonly EndpointSlice[],
  existing: readonly EndpointSlice[],
  dropped: ReadonlySet<string>,
): NamedCopies {
  const wantedNames = new Set(wanted.map(({ metadata }) => metadata.name));
  const existingNames = new Set(existing.map(({ metadata }) => metadata.name));
  const free = existing.filter((slice) => !wantedNames.has(slice.metadata.name) && !dropped.has(sourceOf(slice) ?? ""));
  const homeless = wanted.filter((slice) => !existingNames.has(slice.metadata.name));
  if (free.length === 0 || homeless.length === 0) return { slices: [...wanted], reused: new Set() };
  const names = new Map<EndpointSlice, string>();
  for (const fits of [equalCopies, isOfOneKind]) {
    for (const slice of homeless.filter((candidate) => !names.has(candidate))) {
      const at = free.findIndex((candidate) => isOfOneKind(candidate, slice) && fits(candidate, slice));
      const [place] = at < 0 ? [] : free.splice(at, 1);
      if (place) names.set(slice, place.metadata.name);
    }
  }
  return { slices: wanted.map((slice) => rename(slice, names.get(slice))), reused: new Set(names.values()) };
}

function isOfOneKind(existing: EndpointSlice, wanted: EndpointSlice): boolean {
  return existing.addressType === wanted.addressType && sourceOf(existing) === sourceOf(wanted);
}

function rename(slice: EndpointSlice, name: string | undefined): EndpointSlice {
  return name === undefined ? slice : { ...slice, metadata: { ...slice.metadata, name } };
}
