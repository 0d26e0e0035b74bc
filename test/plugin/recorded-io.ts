import { Readable } from "node:stream";
import type { Io } from "../../plugin/io.ts";
import { systemClock } from "../../shared/kube/clock.ts";

export interface RecordedIo extends Io {
  out: () => string;
  err: () => string;
}

/** A world of plain pipes that remembers what was written. */
export function recordIo(changes: Partial<Io> = {}): RecordedIo {
  const written = { out: "", err: "" };
  const output = (stream: keyof typeof written) => ({
    write: (text: string) => {
      written[stream] += text;
    },
    isTTY: false,
    columns: 100,
  });
  return {
    env: { LANG: "C.UTF-8" },
    stdout: output("out"),
    stderr: output("err"),
    canAsk: false,
    ask: async () => undefined,
    input: () => Readable.from([]),
    signal: new AbortController().signal,
    outliveReader: () => undefined,
    clock: systemClock,
    now: () => 1_700_000_000_000,
    ...changes,
    out: () => written.out,
    err: () => written.err,
  };
}
