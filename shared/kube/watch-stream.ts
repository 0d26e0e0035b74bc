/** The body of a watch: one JSON document a line. */

import type { KubeObject } from "./objects.ts";
import { takeTurn } from "./turns.ts";

export interface WatchEvent {
  /** ADDED, MODIFIED, DELETED, BOOKMARK (only the resourceVersion counts) or ERROR (`object` is a Status). */
  type: string;
  object: KubeObject;
}

/** Objects are at most about 3 MB in etcd; a longer line is garbage that must not fill the memory. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;

const NEWLINE = 0x0a;

/**
 * The events in a body. `onBytes` hears of every chunk, complete or not, so that a slow line counts as life.
 * Throws an Error on a line that is not a watch event, on one cut off by the end, and whatever `body` throws.
 */
export async function* readEvents(body: AsyncIterable<Uint8Array>, onBytes?: () => void): AsyncGenerator<WatchEvent> {
  for await (const line of readLines(body, onBytes)) {
    await takeTurn();
    yield parseEvent(line);
  }
}

async function* readLines(body: AsyncIterable<Uint8Array>, onBytes?: () => void): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of body) {
    onBytes?.();
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      yield join(parts, chunk.subarray(start, end));
      parts = [];
      held = 0;
      start = end + 1;
    }
    held += chunk.length - start;
    if (held > MAX_LINE_BYTES) throw new Error(`a watch line exceeds ${MAX_LINE_BYTES} bytes`);
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  if (parts.length > 0) yield join(parts, new Uint8Array());
}

/** Lines are decoded whole: a chunk may end in the middle of a character. */
function join(parts: Uint8Array[], last: Uint8Array): string {
  return Buffer.concat([...parts, last]).toString("utf8");
}

function parseEvent(line: string): WatchEvent {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    throw new Error(`a watch line is not JSON: ${JSON.stringify(line.slice(0, 80))}`);
  }
  const { type, object } = (event ?? {}) as Partial<WatchEvent>;
  if (typeof type !== "string" || typeof object !== "object" || object === null) {
    throw new Error(`a watch line is not an event: ${JSON.stringify(line.slice(0, 80))}`);
  }
  return { type, object };
}
