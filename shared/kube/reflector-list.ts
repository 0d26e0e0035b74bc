/** A whole collection, object by object, without ever holding more than one page untrimmed. */

import { classifyError } from "./api-error.ts";
import type { KubeClient, ListOptions } from "./client.ts";
import type { KubeObject } from "./objects.ts";
import type { Quota } from "./quota.ts";
import { keyOf } from "./store.ts";
import { takeTurn } from "./turns.ts";

export interface Collection {
  client: KubeClient;
  path: string;
  fieldSelector?: string;
}

/** Objects by key, and where a watch must start to miss nothing. */
export interface Snapshot<T> {
  objects: Map<string, T>;
  resourceVersion: string;
}

/** What is done with what comes. */
export interface Reading<T> {
  /** What is kept of an object. */
  take(object: T): T;
  /** A page has come. */
  onPage(): void;
  signal: AbortSignal;
  /** How much may come. Default: any number. */
  quota?: Quota | undefined;
}

/** All objects of the collection at one moment, each passed through `take` and the quota. Throws `ApiError`. */
export async function readObjects<T extends KubeObject>(
  collection: Collection,
  reading: Reading<T>,
): Promise<Snapshot<T>> {
  const { fieldSelector } = collection;
  const options = { signal: reading.signal, ...(fieldSelector === undefined ? {} : { fieldSelector }) };
  try {
    return await readPages(collection, reading, options);
  } catch (error) {
    if (classifyError(error) !== "gone") throw error;
    // The server forgot our place between two pages: only one request for all is sure to come through.
    return readPages(collection, reading, { ...options, limit: 0 });
  }
}

async function readPages<T extends KubeObject>(
  { client, path }: Collection,
  { take, onPage, quota }: Reading<T>,
  options: ListOptions,
): Promise<Snapshot<T>> {
  quota?.begin();
  const objects = new Map<string, T>();
  let resourceVersion = "";
  for await (const page of client.pages<T>(path, options)) {
    onPage();
    resourceVersion = page.resourceVersion;
    await inTurns(page.items, (item) => {
      const object = take(item);
      const key = keyOf(object);
      quota?.replace(objects.get(key), object);
      objects.set(key, object);
    });
  }
  return { objects, resourceVersion };
}

/** Objects visited without a turn of the event loop: a millisecond of work. */
const AT_ONCE = 50;

/** Visits all, in order, and leaves the event loop to others in between. */
export async function inTurns<T>(items: readonly T[], visit: (item: T) => void): Promise<void> {
  for (const [i, item] of items.entries()) {
    if (i % AT_ONCE === 0) await takeTurn();
    visit(item);
  }
}
