/** Asks before something is taken away. */
import { EXIT, type ExitCode, stopCode } from "./exit.ts";
import { type Io, tell } from "./io.ts";

/** Undefined: go on. Otherwise the exit code to end with; `what` says what is at stake, `word` is what has to be typed. */
export async function consent(word: string, what: string, yes: boolean, io: Io): Promise<ExitCode | undefined> {
  if (yes) return undefined;
  if (!io.canAsk) {
    tell(
      io,
      `error: refused, nothing was written: ${what}, and nobody can be asked here; give --yes to consent beforehand`,
    );
    return EXIT.refused;
  }
  const answer = await io.ask(`\n${what}. Type ${word} to go on: `);
  if (io.signal.aborted) return stopCode(io);
  if (answer?.trim() === word) return undefined;
  tell(io, "Not started, nothing was written.");
  return EXIT.refused;
}
