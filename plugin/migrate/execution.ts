/** Carries approved work out, and says how it ended. */
import type { ServiceKey } from "../../shared/protocol/snapshot.ts";
import { mayBeMade } from "../clusters/problem.ts";
import { formatDuration } from "../duration.ts";
import { CliError, EXIT, type ExitCode, stopCode } from "../exit.ts";
import type { Io } from "../io.ts";
import type { Reporter } from "../render/reporter.ts";
import { annotate, readSituation } from "./ports.ts";
import { type MovePorts, type Outcome, runMove } from "./run.ts";
import type { Situation } from "./situation.ts";
import { stopBefore } from "./stopping.ts";
import type { Work } from "./work.ts";

/** Between two looks at a Service: quick enough to follow every step, and four small reads in each cluster. */
const POLL_MS = 500;

/** What is known at any moment of how far it has come. */
interface Standing {
  situation: Situation;
  /** The note of the move is there, or may be: an answer was lost. Without it nobody can go on or back. */
  begun: boolean;
}

/** Carries the work through; exit 3 when time is up, 5 when somebody else ended it, 130 or 143 when the user wants to stop. */
export async function carryOut(work: Work, io: Io, reporter: Reporter): Promise<ExitCode> {
  const { options } = work;
  const started = io.clock.now();
  const last: Standing = { situation: work.situation, begun: work.drive.ticket.revision > 0 };
  const limits = { timeoutMs: options.timeoutMs, settleMs: options.settleMs, pollMs: POLL_MS };
  const onAbort = () => reporter.stopping();
  reporter.begin();
  io.signal.addEventListener("abort", onAbort);
  try {
    const outcome = await runMove(work.drive, makePorts(work, io, reporter, last), limits);
    if (outcome.kind === "interrupted" && !last.begun) return stopBefore(io, reporter);
    if (outcome.kind !== "arrived") return explainStop(outcome, work, io, reporter);
    const message = work.describe(last.situation, outcome.idle, formatDuration(io.clock.now() - started));
    reporter.end({ outcome: outcome.idle ? "nothingToDo" : "done", code: EXIT.done, message });
    io.stdout.write(`${message}\n`);
    return EXIT.done;
  } catch (error) {
    return explainFailure(error, work, last, reporter);
  } finally {
    io.signal.removeEventListener("abort", onAbort);
  }
}

function makePorts({ key, options, sessions }: Work, io: Io, reporter: Reporter, last: Standing): MovePorts {
  const call = { deadlineMs: options.deadlineMs };
  return {
    clock: io.clock,
    signal: io.signal,
    onEvent: (event) => reporter.show(event),
    async read() {
      last.situation = await readSituation(sessions, key, { ...call, signal: io.signal }, io.now);
      return last.situation;
    },
    // Stopping waits for the write under way: it must be known whether it was made.
    async write(cluster, service, annotations) {
      const session = sessions.find(({ status }) => status.name === cluster);
      try {
        await annotate(session, service, annotations, call);
        last.begun = true;
      } catch (error) {
        last.begun ||= mayBeMade(error);
        throw error;
      }
    },
  };
}

const ENDED_BY = {
  rollback: "the move is being rolled back by somebody else",
  abort: "the move was aborted by somebody else",
  resume: "somebody else goes on with the move",
  gone: "the note of the move is gone: somebody else has rolled it back or begun another one",
  other: "somebody else has begun another move of the Service meanwhile",
} as const;

function explainStop(
  outcome: Outcome & { kind: "timedOut" | "interrupted" | "ended" },
  { key, plan, options, goOn, goBack }: Work,
  io: Io,
  reporter: Reporter,
): ExitCode {
  const index = plan.findIndex(({ step }) => step === outcome.step);
  const where =
    index < 0 ? "its first look" : `step ${index + 1} of ${plan.length} (${plan[index]?.where}: ${plan[index]?.text})`;
  if (outcome.kind === "ended") return explainEnd(outcome, where, key, reporter);
  const stop = { waits: outcome.waits, goOn, goBack };
  if (outcome.kind === "timedOut") {
    const message = `not finished after ${formatDuration(options.timeoutMs)} (--timeout), in ${where}`;
    reporter.end({ outcome: "timedOut", code: EXIT.timedOut, message, stop });
    return EXIT.timedOut;
  }
  const code = stopCode(io);
  reporter.end({ outcome: "interrupted", code, message: `Stopped in ${where}.`, stop });
  return code;
}

/** One that another move was ahead of has written nothing. */
function explainEnd(
  { by }: Outcome & { kind: "ended" },
  where: string,
  { namespace, name }: ServiceKey,
  reporter: Reporter,
): ExitCode {
  if (by === "other") {
    const message = `refused, nothing was written: ${ENDED_BY[by]}; see kubectl syndicate status ${name} -n ${namespace}`;
    reporter.end({ outcome: "refused", code: EXIT.refused, message });
    return EXIT.refused;
  }
  reporter.end({
    outcome: "ended",
    code: EXIT.ended,
    message: `${ENDED_BY[by]}; this run ends in ${where}`,
    stop: { waits: [] },
  });
  return EXIT.ended;
}

/** What an API server refused in the middle of a move leaves it as it stands: how to go on is told as after Ctrl-C. */
function explainFailure(error: unknown, { goOn, goBack }: Work, { begun }: Standing, reporter: Reporter): ExitCode {
  const told = error instanceof CliError || (error instanceof Error && error.name === "ApiError");
  if (!told) throw error;
  const code = error instanceof CliError ? error.code : EXIT.error;
  const stop = begun ? { stop: { waits: [], goOn, goBack } } : {};
  const message = begun ? error.message : `${error.message}; nothing was written`;
  reporter.end({ outcome: "failed", code, message, ...stop });
  return code;
}
