/** Obtains the user's consent, or a reason not to go on. */
import { EXIT, type ExitCode } from "../exit.ts";
import type { Io } from "../io.ts";
import type { Reporter } from "../render/reporter.ts";
import type { Check } from "./facts.ts";
import { stopBefore } from "./stopping.ts";

/** Ends with code 4 if a check has failed; undefined if none has. */
export function refuseByChecks(checks: readonly Check[], reporter: Reporter): ExitCode | undefined {
  const failed = checks.filter(({ state }) => state === "fail");
  if (failed.length === 0) return undefined;
  const message = `refused, nothing was written: ${failed.length} of ${checks.length} checks failed`;
  reporter.end({ outcome: "refused", code: EXIT.refused, message });
  return EXIT.refused;
}

/** Undefined: go on. Otherwise the exit code to end with. `what` is what typing the name starts. */
export async function askConsent(
  name: string,
  what: string,
  io: Io,
  reporter: Reporter,
): Promise<ExitCode | undefined> {
  if (!io.canAsk) {
    const message = "refused, nothing was written: nobody can be asked here; give --yes to consent beforehand";
    reporter.end({ outcome: "refused", code: EXIT.refused, message });
    return EXIT.refused;
  }
  const answer = await io.ask(`\nType the name of the Service to ${what}: `);
  if (io.signal.aborted) return stopBefore(io, reporter);
  if (answer?.trim() === name) return undefined;
  reporter.end({ outcome: "refused", code: EXIT.refused, message: "not started, nothing was written" });
  return EXIT.refused;
}
