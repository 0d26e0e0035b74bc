import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Lab, LabCluster } from "../lab/lab.ts";
import { renderSampleReview } from "./sample-review.ts";
import type { SendSamples, SendTask } from "./send-task.ts";

/** A server under load. */
export interface Subject {
  name: "ours" | "floor";
  port: number;
}

/** Sends to servers on one cluster's host, where nothing but the loopback is between. */
export interface Load {
  /** Milliseconds of every counted call at a constant rate. Throws if one failed, or if no run was on time. */
  sendConstantly(subject: Subject, rate: number, seconds: number): Promise<number[]>;
  /** Calls a second, as many as the subject takes. Throws if one failed. */
  sendMost(subject: Subject, seconds: number): Promise<number>;
}

const WARM_UP_S = 2;
/** A run with more missed sends than this share says more about the sender than about the server. */
const MAX_MISSED = 0.001;
const ATTEMPTS = 8;

/** A load on `cluster`'s host against servers whose certificates `ca` signed. */
export function createLoad(lab: Lab, cluster: LabCluster, ca: string, tell: (line: string) => void): Load {
  const body = renderSampleReview();
  const run = async <T>(script: string, task: Partial<SendTask>): Promise<T> => {
    const [taskFile, resultFile] = [join(lab.dir, "send-task.json"), join(lab.dir, "send-result.json")];
    writeFileSync(taskFile, JSON.stringify({ ca, paths: ["/mutate", "/validate"], body, warmUp: WARM_UP_S, ...task }));
    const file = fileURLToPath(new URL(script, import.meta.url));
    const sender = await cluster.spawn("sender", process.execPath, [file, taskFile, resultFile]);
    const { code } = await sender.exited;
    if (code !== 0) throw new Error(`the sender failed:\n${sender.logTail()}`);
    return JSON.parse(readFileSync(resultFile, "utf8")) as T;
  };
  return {
    async sendConstantly({ name, port }, rate, seconds) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const { millis, missed, failed } = await run<SendSamples>("constant-sender.ts", { port, rate, seconds });
        if (failed > 0) throw new Error(`${failed} calls of ${name} failed at ${rate}/s`);
        if (missed <= rate * seconds * MAX_MISSED) return millis;
        tell(`void: ${missed} of ${rate * seconds} sends to ${name} were late`);
      }
      throw new Error(`${ATTEMPTS} runs at ${rate}/s were void: this machine is too busy to measure on`);
    },
    async sendMost({ name, port }, seconds) {
      const result = await run<{ perSecond: number; failed: number }>("throughput-sender.ts", { port, seconds });
      if (result.failed > 0) throw new Error(`${result.failed} calls of ${name} failed`);
      return result.perSecond;
    },
  };
}
