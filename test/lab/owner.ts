import { readFileSync } from "node:fs";

/** A process on this machine; the start time tells it from a later process with the same pid. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks since boot, as in field 22 of /proc/PID/stat. */
  startTime: string;
}

function statFields(pid: number): string[] | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The second field is the command in parentheses and may itself hold spaces and parentheses.
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** Identifies a process by pid. Returns undefined when there is none or it is a zombie. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const fields = statFields(pid);
  const startTime = fields?.[19];
  if (!fields || startTime === undefined || fields[0] === "Z") return undefined;
  return { pid, startTime };
}

/** Whether that very process is still alive. */
export function isAlive(process: ProcessIdentity): boolean {
  return identifyProcess(process.pid)?.startTime === process.startTime;
}
