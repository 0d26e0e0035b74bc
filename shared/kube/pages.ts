/** Lists, read in pages. */

import { ApiError, type Asked, classifyError, errorFromContent } from "./api-error.ts";
import type { CallOptions, ListOptions, ObjectList, WholeListOptions } from "./client.ts";
import type { KubeObject } from "./objects.ts";
import { Quota } from "./quota.ts";
import type { Transport } from "./transport.ts";

const CALL_DEADLINE_MS = 10_000;
/** A page of 200 slices with 100 endpoints each is about 4 MB. */
const PAGE_DEADLINE_MS = 30_000;
/** A hundred thousand objects in pages, from a slow server far away: who offers pages for longer offers them for ever. */
const LIST_DEADLINE_MS = 300_000;
/** One page is read in one go, for which everything else waits: 200 slices with ten endpoints each are about half a megabyte. */
const PAGE_SIZE = 200;
/** Empty pages in a row that promise another one: more are the doing of a server that shall not be asked for ever. */
const MAX_EMPTY_PAGES = 10;

function emptyForEver(asked: Asked): ApiError {
  return new ApiError({ ...asked, status: 0, reason: "EndlessList", message: "page after page is empty" });
}

function tooLong(asked: Asked, totalMs: number): ApiError {
  const message = `the list has not ended within ${totalMs / 1000} s`;
  return new ApiError({ ...asked, status: 0, reason: "Timeout", message });
}

/** See `KubeClient.list`. */
export async function readWhole<T>(
  transport: Transport,
  path: string,
  options: WholeListOptions,
): Promise<ObjectList<T>> {
  try {
    return await joinPages(transport, path, options);
  } catch (error) {
    if (classifyError(error) !== "gone") throw error;
    return joinPages(transport, path, { ...options, limit: 0 });
  }
}

async function joinPages<T>(
  transport: Transport,
  path: string,
  { totalMs = LIST_DEADLINE_MS, quota: limits, ...options }: WholeListOptions,
): Promise<ObjectList<T>> {
  const asked = { cluster: transport.cluster, path };
  const quota = limits && new Quota(limits, asked);
  const endsAt = performance.now() + totalMs;
  const whole: ObjectList<T> = { items: [], resourceVersion: "" };
  for await (const page of readPages<T>(transport, path, options)) {
    if (performance.now() > endsAt) throw tooLong(asked, totalMs);
    whole.resourceVersion = page.resourceVersion;
    for (const item of page.items) {
      quota?.replace(undefined, item as KubeObject);
      whole.items.push(item);
    }
  }
  return whole;
}

/** See `KubeClient.pages`. */
export async function* readPages<T>(
  transport: Transport,
  path: string,
  options: ListOptions,
): AsyncGenerator<ObjectList<T>> {
  let empty = 0;
  let page: Promise<Page<T>> | undefined = readPage<T>(transport, path, options);
  while (page) {
    const { list, next }: Page<T> = await page;
    empty = list.items.length > 0 ? 0 : empty + 1;
    if (empty > MAX_EMPTY_PAGES) throw emptyForEver({ cluster: transport.cluster, path });
    // Asked for before this one is used: the server works meanwhile.
    page = next ? readPage<T>(transport, path, options, next) : undefined;
    // Whoever wants no more of it must not die of its failure.
    page?.catch(() => undefined);
    yield list;
  }
}

interface RawList<T> {
  apiVersion: string;
  kind: string;
  metadata: { resourceVersion: string; continue?: string };
  items: T[] | null;
}

/** Objects, and where the next page begins; undefined: this was the last one. */
interface Page<T> {
  list: ObjectList<T>;
  next: string | undefined;
}

async function readPage<T>(transport: Transport, path: string, options: ListOptions, place?: string): Promise<Page<T>> {
  const { limit = PAGE_SIZE, labelSelector, fieldSelector } = options;
  const query = { limit: limit === 0 ? undefined : `${limit}`, labelSelector, fieldSelector, continue: place };
  const call = { method: "GET" as const, path: withQuery(path, query), ...limits(options, PAGE_DEADLINE_MS) };
  try {
    return parsePage<T>(await transport.send(call));
  } catch (error) {
    throw errorFromContent({ cluster: transport.cluster, path }, error);
  }
}

function parsePage<T>(answer: unknown): Page<T> {
  const { apiVersion, kind, metadata, items } = (answer ?? {}) as Partial<RawList<T>>;
  const isList = typeof kind === "string" && typeof metadata?.resourceVersion === "string";
  if (!isList || !Array.isArray(items ?? [])) throw new Error("the answer is no list");
  const found = (items ?? []) as (T & { apiVersion?: string | undefined; kind?: string })[];
  // Lists leave both out. Set in place: copies of ten thousand objects are garbage to collect.
  for (const item of found) {
    item.apiVersion ??= apiVersion;
    item.kind ??= kind.replace(/List$/, "");
  }
  return { list: { items: found, resourceVersion: metadata.resourceVersion }, next: metadata.continue };
}

/** Deadline and signal of a call. Default 10,000 ms. */
export function limits(options: CallOptions, deadlineMs = CALL_DEADLINE_MS) {
  return { deadlineMs: options.deadlineMs ?? deadlineMs, signal: options.signal };
}

/** `path` with these query parameters added; undefined and empty ones are left out. */
export function withQuery(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  if (given.length === 0) return path;
  return `${path}${path.includes("?") ? "&" : "?"}${new URLSearchParams(given)}`;
}
