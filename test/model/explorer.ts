/** One exploration in a thread of its own: it posts how far it is, and in the end its report. */
import { parentPort, workerData } from "node:worker_threads";
import type { Task } from "./bounds.ts";
import { Exploration } from "./exhaustive/exploration.ts";
import type { Report } from "./exhaustive/report.ts";

export type Message =
  | { report: Report }
  | {
      states: number;
      /** States still to be looked at. */
      frontier: number;
    };

const { start, bound } = workerData as Task;
const post = (message: Message) => parentPort?.postMessage(message);
const report = new Exploration({ start, bound, onProgress: (states, frontier) => post({ states, frontier }) }).run();
post({ report });
