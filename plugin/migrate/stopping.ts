/** How a run ends that its user stopped early. */
import { type ExitCode, stopCode } from "../exit.ts";
import type { Io } from "../io.ts";
import type { Reporter } from "../render/reporter.ts";

/** The end of a run that was stopped before its first write: nobody has to go on with anything. */
export function stopBefore(io: Io, reporter: Reporter): ExitCode {
  const code = stopCode(io);
  reporter.end({ outcome: "interrupted", code, message: "Stopped before the first write; nothing was written." });
  return code;
}
