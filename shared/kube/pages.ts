/** Lists, read in pages. */

import { ApiError, type Asked, classifyError } from "./api-error.ts";
import type { CallOptions, ListOptions, ObjectList } from "./client.ts";
import type { Transport } from "./transport.ts";

const CALL_DEADLINE_MS = 10_000;
/** A page of 200 slices with 100 endpoints each is about 4 MB. */
const PAGE_DEADLINE_MS = 30_000;
/** One page is read in one go, for which everything else waits: 200 slices with ten endpoints each are about half a megabyte. */
const PAGE_SIZE = 200;
/** Empty pages in a row that promise another one: more are the doing of a server that shall not be asked for ever. */
const MAX_EMPTY_PAGES = 10;

function emptyForEver(asked: Asked): ApiError {
  return new ApiError({ ...asked, status: 0, reason: "EndlessList", message: "page after page is empty" });
}

/** See `KubeClient.list`. */
export async function readWhole<T>(transport: Transport, path: string, options: ListOptions): Promise<ObjectList<T>> {
  const whole: ObjectList<T> = { items: [], resourceVersion: "" };
  try {
    for await (const page of readPages<T>(transport, path, options)) {
      whole.resourceVersion = page.resourceVersion;
      whole.items.push(...page.items);
    }
    return whole;
  } catch (error) {
    if (classifyError(error) !== "gone") throw error;
    return (await readPage<T>(transport, path, { ...options, limit: 0 })).list;
  }
}

/** See `KubeClient.pages`. */
export async function* readPages<T>(
  transport: Transport,
  path: string,
  options: ListOptions,
): AsyncGenerator<ObjectList<T>> {
  let place: string | undefined;
  let empty = 0;
  do {
    const { list, next } = await readPage<T>(transport, path, options, place);
    empty = list.items.length > 0 ? 0 : empty + 1;
    if (empty > MAX_EMPTY_PAGES) throw emptyForEver({ cluster: transport.cluster, path });
    yield list;
    place = next;
  } while (place);
}

interface RawList<T> {
  apiVersion: string;
  kind: string;
  metadata: { resourceVersion: string; continue?: string };
  items: T[] | null;
}

async function readPage<T>(transport: Transport, path: string, options: ListOptions, place?: string) {
  const { limit = PAGE_SIZE, labelSelector, fieldSelector } = options;
  const query = { limit: limit === 0 ? undefined : `${limit}`, labelSelector, fieldSelector, continue: place };
  const call = { method: "GET" as const, path: withQuery(path, query), ...limits(options, PAGE_DEADLINE_MS) };
  const raw = (await transport.send(call)) as RawList<T>;
  const kind = raw.kind.replace(/List$/, "");
  const items = (raw.items ?? []) as (T & { apiVersion?: string; kind?: string })[];
  // Lists leave both out. Set in place: copies of ten thousand objects are garbage to collect.
  for (const item of items) {
    item.apiVersion ??= raw.apiVersion;
    item.kind ??= kind;
  }
  return { list: { items, resourceVersion: raw.metadata.resourceVersion }, next: raw.metadata.continue };
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
