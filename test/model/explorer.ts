/** One exploration in a thread of its own: it posts how far it is, and in the end its report. */
import { parentPort, workerData } from "node:worker_threads";
import type { Task } from "./bounds.ts";
import { Exploration } from "./exhaustive/exploration.ts";
import type { Progress, Report } from "./exhaustive/report.ts";

export type Message = { report: Report } | Progress;

const post = (message: Message) => parentPort?.postMessage(message);
const report = new Exploration({ ...(workerData as Task), onProgress: post }).run();
post({ report });
