/** A whole collection, object by object, without ever holding more than one page untrimmed. */

import { classifyError } from "./api-error.ts";
import type { KubeClient, ListOptions } from "./client.ts";
import type { KubeObject } from "./objects.ts";
import { keyOf } from "./store.ts";

export interface Collection {
  client: KubeClient;
  path: string;
  labelSelector?: string;
}

/** Objects by key, and where a watch must start to miss nothing. */
export interface Snapshot<T> {
  objects: Map<string, T>;
  resourceVersion: string;
}

/** All objects of the collection at one moment, each passed through `trim`. Throws `ApiError`. */
export async function readObjects<T extends KubeObject>(
  collection: Collection,
  trim: (object: T) => T,
  signal: AbortSignal,
): Promise<Snapshot<T>> {
  const { labelSelector } = collection;
  const options = { signal, ...(labelSelector === undefined ? {} : { labelSelector }) };
  try {
    return await readPages(collection, trim, options);
  } catch (error) {
    if (classifyError(error) !== "gone") throw error;
    // The server forgot our place between two pages: only one request for all is sure to come through.
    return readPages(collection, trim, { ...options, limit: 0 });
  }
}

async function readPages<T extends KubeObject>(
  { client, path }: Collection,
  trim: (object: T) => T,
  options: ListOptions,
): Promise<Snapshot<T>> {
  const objects = new Map<string, T>();
  let resourceVersion = "";
  for await (const page of client.pages<T>(path, options)) {
    resourceVersion = page.resourceVersion;
    for (const item of page.items) objects.set(keyOf(item), trim(item));
  }
  return { objects, resourceVersion };
}
