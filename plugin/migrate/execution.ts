/** Runs an approved move with its progress on stderr, and says how it ended. */
import { countReady } from "../../shared/protocol/usable.ts";
import { formatDuration } from "../duration.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { type Io, tell } from "../io.ts";
import { renderStop } from "../render/migration.ts";
import { choosePaint } from "../render/paint.ts";
import { liveProgress, type ProgressView, plainProgress, silentProgress } from "../render/progress.ts";
import { type PlannedStep, planMove, takeBackCommand } from "./plan.ts";
import { annotate, readSituation } from "./ports.ts";
import { repeatCommand } from "./request.ts";
import { type MovePorts, type Outcome, runMove } from "./run.ts";
import type { Situation } from "./situation.ts";
import type { Undertaking } from "./undertaking.ts";

/** Between two looks at a Service: quick enough to follow every step, and four small reads in each cluster. */
const POLL_MS = 500;

/** Carries the move through; exit 3 when time is up, 130 or 143 when the user wants to stop. */
export async function carryOut(undertaking: Undertaking, io: Io): Promise<ExitCode> {
  const { move, options } = undertaking;
  const plan = planMove(move, formatDuration(options.settleMs));
  const view = chooseProgress(undertaking, plan, io);
  const started = io.clock.now();
  const last: { situation: Situation } = { situation: undertaking.facts.situation };
  const limits = { timeoutMs: options.timeoutMs, settleMs: options.settleMs, pollMs: POLL_MS };
  let outcome: Outcome | undefined;
  try {
    outcome = await runMove(move, makePorts(undertaking, io, view, last), limits);
  } finally {
    view.end(outcome?.kind === "arrived");
  }
  if (outcome.kind !== "arrived") return explainStop(outcome, undertaking, plan, io);
  const took = formatDuration(io.clock.now() - started);
  io.stdout.write(`${describeArrival(undertaking, last.situation, outcome.idle, took)}\n`);
  return EXIT.done;
}

function chooseProgress({ move, options }: Undertaking, plan: readonly PlannedStep[], io: Io): ProgressView {
  if (options.progress === "none") return silentProgress;
  tell(io, "");
  if (options.progress === "auto" && io.stderr.isTTY)
    return liveProgress(io, plan, choosePaint(io, io.stderr, options.color));
  return plainProgress(io, plan, `${move.key.namespace}/${move.key.name}`);
}

function makePorts(
  { move, options, sessions }: Undertaking,
  io: Io,
  view: ProgressView,
  last: { situation: Situation },
): MovePorts {
  // Stopping waits for the write under way: it must be known whether it was made.
  const call = { deadlineMs: options.deadlineMs };
  return {
    clock: io.clock,
    signal: io.signal,
    onEvent: (event) => view.show(event),
    async read() {
      last.situation = await readSituation(sessions, move.key, call, io.now);
      return last.situation;
    },
    write: (cluster, service, annotations) =>
      annotate(
        sessions.find(({ status }) => status.name === cluster),
        service,
        annotations,
        call,
      ),
  };
}

function describeArrival({ move }: Undertaking, { views }: Situation, idle: boolean, took: string): string {
  const { namespace, name } = move.key;
  const view = views.get(move.to);
  const ready = view?.service ? countReady(view.slices, view.service) : 0;
  const pods = `The old pods in ${move.from} may be deleted now.`;
  const serves = `${move.to} serves ${namespace}/${name} with ${ready} endpoint${ready === 1 ? "" : "s"}`;
  if (idle) return `Nothing to do: ${serves} in all clusters. ${pods}`;
  return `Done in ${took}: ${serves}; ${move.from} follows. ${pods}`;
}

function explainStop(
  outcome: Outcome & { kind: "timedOut" | "interrupted" },
  { move, options }: Undertaking,
  plan: readonly PlannedStep[],
  io: Io,
): ExitCode {
  const index = plan.findIndex(({ step }) => step === outcome.step);
  const where = `step ${index + 1} of ${plan.length} (${plan[index]?.where}: ${plan[index]?.text})`;
  const timedOut = outcome.kind === "timedOut";
  const headline = timedOut
    ? `error: not finished after ${formatDuration(options.timeoutMs)} (--timeout), in ${where}`
    : `Stopped in ${where}.`;
  const goOn = repeatCommand(options, move);
  tell(io, "", ...renderStop({ headline, waits: outcome.waits, goOn, goBack: takeBackCommand(move, options.from) }));
  if (timedOut) return EXIT.timedOut;
  return io.signal.reason === "SIGTERM" ? EXIT.terminated : EXIT.interrupted;
}
