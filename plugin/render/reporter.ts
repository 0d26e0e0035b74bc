/** All that a drive says on stderr, for people or, with `--progress=json`, for programs. */
import type { ExitCode } from "../exit.ts";
import { type Io, tell } from "../io.ts";
import { findRemedy, type RemedyGround } from "../migrate/remedies.ts";
import type { MoveEvent } from "../migrate/run.ts";
import type { Wait } from "../migrate/situation.ts";
import { liveProgress } from "./live.ts";
import { type ExplainedWait, type Preview, renderPreview, renderStop, type Stop } from "./migration.ts";
import { choosePaint } from "./paint.ts";
import { onceEach, type ProgressView, plainProgress, silentProgress } from "./progress.ts";
import { edgeOf, wrapLines } from "./wrap.ts";

/** How a drive ended. */
export interface Ending {
  outcome: "done" | "nothingToDo" | "timedOut" | "interrupted" | "ended" | "refused" | "failed" | "dryRun";
  code: ExitCode;
  /** One sentence. */
  message: string;
  /** Where it stopped, if it had begun. */
  stop?: Omit<Stop, "headline" | "waits"> & { waits: readonly Wait[] };
}

export interface Reporter {
  preview(preview: Preview): void;
  /** From here on the steps of the preview are carried out. */
  begin(): void;
  show(event: MoveEvent): void;
  stopping(): void;
  /** The last word. On success the answer itself is on stdout. */
  end(ending: Ending): void;
}

export interface ReporterOptions extends RemedyGround {
  io: Io;
  /** Values of `--progress` and `--color`. */
  progress: string;
  color: string;
}

/** The reporter that `--progress` and the terminal ask for. */
export function makeReporter(options: ReporterOptions): Reporter {
  return options.progress === "json" ? reportAsJson(options) : reportAsText(options);
}

function explainWith(ground: RemedyGround) {
  return (waits: readonly Wait[]): ExplainedWait[] =>
    waits.map((wait) => {
      const next = findRemedy(wait, ground);
      return next === undefined ? wait : { ...wait, next };
    });
}

function reportAsText(options: ReporterOptions): Reporter {
  const { io } = options;
  const explain = explainWith(options);
  let shown: Preview | undefined;
  let view: ProgressView = silentProgress;
  const columns = () => edgeOf(io.stderr);
  return {
    preview(preview) {
      shown = preview;
      tell(io, ...renderPreview(preview, choosePaint(io, io.stderr, options.color), columns()));
    },
    begin() {
      view = chooseView(options, shown, (event) => explain(event.waits));
    },
    show: (event) => view.show(event),
    stopping: () => view.stopping(),
    end({ outcome, message, stop }) {
      view.end(outcome === "done" || outcome === "nothingToDo");
      const isError = ["timedOut", "ended", "refused", "failed"].includes(outcome);
      const headline = `${isError ? "error: " : ""}${message}`;
      if (stop) tell(io, "", ...wrapLines(renderStop({ ...stop, headline, waits: explain(stop.waits) }), columns()));
      else if (isError || outcome === "interrupted")
        tell(io, ...(shown ? [""] : []), ...wrapLines([headline], columns()));
    },
  };
}

function chooseView(
  { io, progress, color, key }: ReporterOptions,
  preview: Preview | undefined,
  explain: (event: MoveEvent & { kind: "waiting" }) => readonly ExplainedWait[],
): ProgressView {
  if (progress === "none") return silentProgress;
  tell(io, "");
  const plan = preview?.plan ?? [];
  // A terminal that cannot move its cursor gets lines.
  const canRedraw = io.stderr.isTTY && io.env["TERM"] !== "dumb";
  if (progress === "auto" && canRedraw) return liveProgress(io, plan, choosePaint(io, io.stderr, color), explain);
  return plainProgress(io, plan, `${key.namespace}/${key.name}`, explain);
}

/** One JSON object a line; the shape is docs/schemas/migration-event.json. */
function reportAsJson(options: ReporterOptions): Reporter {
  const { io, key } = options;
  const explain = explainWith(options);
  const print = (event: string, fields: object) => {
    const time = new Date(io.now()).toISOString();
    io.stderr.write(`${JSON.stringify({ time, namespace: key.namespace, service: key.name, event, ...fields })}\n`);
  };
  return {
    preview({ checks, plan }) {
      for (const check of checks) print("check", check);
      print("plan", { steps: plan });
    },
    begin: () => print("started", {}),
    show: onceEach(io, (event, again) => {
      const { kind, ...fields } = event;
      const waits = event.kind === "waiting" ? { waits: explain(event.waits) } : {};
      print(kind, { step: "settle", ...fields, ...waits, ...(again ? { still: true } : {}) });
    }),
    stopping: () => print("stopping", {}),
    end({ outcome, code, message, stop }) {
      const fields = stop ? { ...stop, waits: explain(stop.waits) } : {};
      print("ended", { outcome, exitCode: code, message, ...fields });
    },
  };
}
