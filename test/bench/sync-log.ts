import { closeSync, openSync, readSync } from "node:fs";
import { waitFor } from "../e2e/waiting.ts";

/** One line of the sync process's log, as far as benches read it. */
export interface LogLine {
  /** Milliseconds since 1970. */
  time: number;
  msg: string;
  key?: string;
  verb?: string;
  resource?: string;
  name?: string;
}

/** The log of one run of the sync process, read as it grows. */
export class SyncLog {
  readonly #file: number;
  readonly #lines: LogLine[] = [];
  #rest = "";

  constructor(path: string) {
    this.#file = openSync(path, "r");
  }

  /** All lines so far; what is not JSON (a crash) throws. */
  read(): readonly LogLine[] {
    const chunk = Buffer.alloc(1 << 20);
    for (let size = -1; size !== 0; ) {
      size = readSync(this.#file, chunk);
      const lines = (this.#rest + chunk.toString("utf8", 0, size)).split("\n");
      this.#rest = lines.pop() ?? "";
      this.#lines.push(...lines.map((line) => JSON.parse(line) as LogLine));
    }
    return this.#lines;
  }

  /** Lines that tell of a write: of an object, or of the condition of a Service. */
  writes(): LogLine[] {
    return this.read().filter(({ msg }) => msg === "wrote" || msg === "condition");
  }

  /** Waits until the process says that it has looked at everything; returns when it did, milliseconds since 1970. */
  untilLookedAtAll(seconds: number): Promise<number> {
    return waitFor(
      "sync to have looked at every Service",
      async () => {
        const line = this.read().find(({ msg }) => msg === "every Service has been looked at");
        return line ? { done: line.time } : { seen: `${this.#lines.length} lines of log` };
      },
      seconds,
    );
  }

  /** Waits until so many conditions have been written. */
  untilConditions(count: number, seconds: number): Promise<void> {
    return waitFor(
      `${count} conditions`,
      async () => {
        const seen = this.read().filter(({ msg }) => msg === "condition").length;
        return seen >= count ? { done: undefined } : { seen: `${seen}` };
      },
      seconds,
    );
  }

  close(): void {
    closeSync(this.#file);
  }
}
