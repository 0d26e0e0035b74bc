/** What a list or a watch event changes in a store. */

import { type Asked, errorFromContent } from "./api-error.ts";
import type { KubeObject } from "./objects.ts";
import { keyOf, type Store, type StoreView } from "./store.ts";

/** One change. An object that was deleted and made again under its name is `deleted`, then `added`. */
export type Change<T> =
  | { type: "added"; object: T }
  | { type: "modified"; object: T; previous: T }
  | { type: "deleted"; object: T };

/** The changes that make the store equal to a complete list; deletions first, unchanged objects (same resourceVersion) left out. */
export function diffList<T extends KubeObject>(store: StoreView<T>, listed: ReadonlyMap<string, T>): Change<T>[] {
  const missing = [...store.values()].filter((object) => !listed.has(keyOf(object)));
  const deletions = missing.map((object): Change<T> => ({ type: "deleted", object }));
  return [...deletions, ...[...listed.values()].flatMap((object) => toPresent(store, object))];
}

/**
 * The changes a watch event of type ADDED, MODIFIED or DELETED makes; a server may send ADDED for what is known, after a
 * reconnection. Throws an Error on another type.
 */
export function toChanges<T extends KubeObject>(store: StoreView<T>, type: string, object: T): Change<T>[] {
  if (type === "ADDED" || type === "MODIFIED") return toPresent(store, object);
  if (type !== "DELETED") throw new Error(`unknown watch event type ${JSON.stringify(type.slice(0, 40))}`);
  return store.has(keyOf(object)) ? [{ type: "deleted", object }] : [];
}

/** Makes the change in the store. */
export function applyChange<T extends KubeObject>(store: Store<T>, { type, object }: Change<T>): void {
  if (type === "deleted") store.delete(keyOf(object));
  else store.set(object);
}

function toPresent<T extends KubeObject>(store: StoreView<T>, object: T): Change<T>[] {
  const previous = store.get(keyOf(object));
  if (previous === undefined) return [{ type: "added", object }];
  if (previous.metadata.uid !== object.metadata.uid) {
    return [
      { type: "deleted", object: previous },
      { type: "added", object },
    ];
  }
  const unchanged = previous.metadata.resourceVersion === object.metadata.resourceVersion;
  return unchanged ? [] : [{ type: "modified", object, previous }];
}

/**
 * What is kept of an object. Throws an `ApiError` of reason `Malformed` where `trim` throws: such an object is neither kept as it came nor
 * left out, as if it were gone.
 */
export function trimObject<T>(asked: Asked, object: T, trim: (object: T) => T = (whole) => whole): T {
  try {
    return trim(object);
  } catch (error) {
    throw errorFromContent(asked, error);
  }
}
