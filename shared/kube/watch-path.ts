/** The request for a watch. */

import { withQuery } from "./pages.ts";

/** Path and query of a watch of the collection from a version on, for so many seconds, with bookmarks. */
export function watchPath(
  { path, labelSelector }: { path: string; labelSelector?: string },
  resourceVersion: string,
  seconds: number,
): string {
  return withQuery(path, {
    watch: "true",
    allowWatchBookmarks: "true",
    timeoutSeconds: `${seconds}`,
    resourceVersion,
    labelSelector,
  });
}
