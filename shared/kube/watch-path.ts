/** The request for a watch. */

import { withQuery } from "./pages.ts";

/** Path and query of a watch of the collection from a version on, for a random number of whole seconds in a range, with bookmarks. */
export function watchPath(
  { path, fieldSelector }: { path: string; fieldSelector?: string },
  resourceVersion: string,
  [shortest, longest]: readonly [number, number],
  random: () => number,
): string {
  const seconds = shortest + Math.floor(random() * (longest - shortest + 1));
  return withQuery(path, {
    watch: "true",
    allowWatchBookmarks: "true",
    timeoutSeconds: `${seconds}`,
    resourceVersion,
    fieldSelector,
  });
}
