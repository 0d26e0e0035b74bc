/**
 * Reads the JSON body of a review. Written out, because a general body reader and router in front of it cost more than the
 * whole decision: an API server waits for every call.
 */
import type { IncomingMessage } from "node:http";

/**
 * Largest body, in bytes: a review carries two objects of at most 3 MB (etcd's and the API server's limit) and 1 MB of
 * frame. The same sum as in sigs.k8s.io/controller-runtime, pkg/webhook/admission/http.go. Beyond: 413.
 */
export const MAX_BODY_BYTES = 7 * 1024 * 1024;

/**
 * Bodies held at once, in bytes, from their first byte to their answer. A hostile one takes 15 times its size once parsed
 * (`[],[],…`): some of the largest together would fill the heap. Beyond: 429.
 */
const MAX_HELD_BYTES = 8 * 1024 * 1024;

/** What API servers send; other spellings of it are taken too. */
const JSON_TYPE = "application/json";

/** A body that is not taken: the caller's mistake, or too much at once. The message repeats nothing of the body. */
export class BadBody extends Error {
  override name = "BadBody";
  readonly status: 400 | 413 | 415 | 429;

  constructor(status: BadBody["status"], message: string) {
    super(message);
    this.status = status;
  }
}

/** Reads bodies and counts what is held of all of them together. */
export interface BodyReader {
  /**
   * Calls back once, with the parsed body, or with `BadBody`; never if the caller leaves midway. The body counts as held
   * until what `done` returns has settled. What is left of a refused
   * body is read and dropped, so that the caller gets the answer; the server's limit on requests ends endless ones.
   */
  read(request: IncomingMessage, done: (body: unknown) => Promise<void>): void;
}

/** A reader with its own account of held bytes. `maxHeldBytes` default 8 MiB. */
export function createBodyReader(maxHeldBytes = MAX_HELD_BYTES): BodyReader {
  let held = 0;
  return {
    read(request, done) {
      const refusal = judgeHeaders(request);
      if (refusal) return refuse(request, refusal, done);
      const chunks: Buffer[] = [];
      let size = 0;
      const release = () => {
        held -= size;
        size = 0;
      };
      const onData = (chunk: Buffer) => {
        size += chunk.length;
        held += chunk.length;
        const excess = judgeSize(size, held, maxHeldBytes);
        if (!excess) return void chunks.push(chunk);
        chunks.length = 0;
        release();
        request.off("data", onData).off("end", onEnd).off("close", release);
        refuse(request, excess, done);
      };
      const onEnd = () => {
        request.off("close", release);
        void done(parse(chunks)).finally(release);
      };
      request.on("data", onData).on("end", onEnd).on("close", release);
    },
  };
}

function refuse(request: IncomingMessage, refusal: BadBody, done: (body: unknown) => Promise<void>): void {
  request.resume();
  void done(refusal);
}

/** No inflating: a small body must not become a large one. API servers do not compress. */
function judgeHeaders({ headers }: IncomingMessage): BadBody | undefined {
  const { "content-type": type = "", "content-encoding": encoding = "identity", "content-length": length } = headers;
  if (type !== JSON_TYPE && !/^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(type)) {
    return new BadBody(415, "the body must be application/json in the charset utf-8");
  }
  if (encoding !== "identity") return new BadBody(415, "the body must come without content-encoding");
  return Number(length) > MAX_BODY_BYTES ? tooLarge() : undefined;
}

function judgeSize(size: number, held: number, maxHeldBytes: number): BadBody | undefined {
  if (size > MAX_BODY_BYTES) return tooLarge();
  return held > maxHeldBytes ? new BadBody(429, "too many large bodies at once") : undefined;
}

function tooLarge(): BadBody {
  return new BadBody(413, `the body is larger than ${MAX_BODY_BYTES} bytes`);
}

function parse(chunks: readonly Buffer[]): unknown {
  const [only] = chunks;
  const bytes = chunks.length === 1 && only ? only : Buffer.concat(chunks);
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return new BadBody(400, "the body is no JSON");
  }
}
