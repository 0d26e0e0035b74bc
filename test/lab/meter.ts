import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ApiTarget } from "./api-client.ts";
import { type MeterReport, type MeterTarget, parseRecords, summarise } from "./meter-report.ts";
import { type LabProcess, type ProcessRoom, startProcess } from "./process.ts";

/** What to call, and how often. */
export interface MeterSpec extends MeterTarget {
  /** Distinguishes the files of several meters. Default `meter`. */
  name?: string;
  /** Requests a second. */
  rate: number;
  /** An answer later than this is a failure. Default 2000. */
  timeoutMs?: number;
  /** The meter stops sending by itself after this time. Default 1800. */
  maxSeconds?: number;
}

/** A running meter. */
export interface Meter {
  /** One JSON object a line: a head, every request, a tail; see `meter-report.ts`. */
  file: string;
  process: LabProcess;
  /** What happened so far; requests without an answer yet are not counted as sent. */
  snapshot(): MeterReport;
  /** Stops sending, waits for the answers still due (2 s at most) and reports. Throws when the meter had died. */
  stop(): Promise<MeterReport>;
}

/** What a meter needs from its cluster. */
export interface MeterSurroundings {
  room: ProcessRoom;
  folder: string;
  api: ApiTarget;
}

let counter = 0;

/** Starts a meter process and returns when it has begun to send. */
export async function startMeter(spec: MeterSpec, around: MeterSurroundings): Promise<Meter> {
  mkdirSync(around.folder, { recursive: true });
  counter += 1;
  const name = `${spec.name ?? "meter"}-${counter}`;
  const file = join(around.folder, `${name}.jsonl`);
  const settings = join(around.folder, `${name}.json`);
  const full = { timeoutMs: 2000, maxSeconds: 1800, ...spec, file, api: around.api };
  writeFileSync(settings, JSON.stringify(full), { mode: 0o600 });
  writeFileSync(file, "");
  const script = fileURLToPath(new URL("meter-process.ts", import.meta.url));
  const process_ = await startProcess(around.room, name, process.execPath, [script, settings], { ipc: true });
  const ended = () => new Error(`meter ${name} ended by itself:\n${process_.logTail()}`);
  await Promise.race([once(process_.child, "message"), process_.exited.then(() => Promise.reject(ended()))]);
  const snapshot = () => summarise(parseRecords(readFileSync(file, "utf8")));
  return {
    file,
    process: process_,
    snapshot,
    stop: async () => {
      process_.kill("SIGTERM");
      const exit = await process_.exited;
      if (exit.code !== 0) throw ended();
      return snapshot();
    },
  };
}
