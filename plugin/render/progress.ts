/** The progress of a move on stderr: redrawn in place on a terminal, one line per change elsewhere. */
import { formatDuration } from "../duration.ts";
import type { Io } from "../io.ts";
import type { StepName } from "../migrate/move.ts";
import type { PlannedStep } from "../migrate/plan.ts";
import type { MoveEvent } from "../migrate/run.ts";
import type { Wait } from "../migrate/situation.ts";
import type { Paint } from "./paint.ts";

export interface ProgressView {
  show(event: MoveEvent): void;
  /** Leaves the last state on the screen. */
  end(arrived: boolean): void;
}

/** Lines that CI systems keep alive by: without any for this long, one says that the move still waits. */
const HEARTBEAT_MS = 30_000;

/** No progress at all. */
export const silentProgress: ProgressView = { show: () => undefined, end: () => undefined };

/** One line per change, with the time, and a heartbeat. */
export function plainProgress(io: Io, plan: readonly PlannedStep[], title: string): ProgressView {
  let last = "";
  let lastAt = io.clock.now();
  const print = (text: string) => {
    io.stderr.write(`${new Date(io.now()).toISOString()} ${title} ${text}\n`);
    lastAt = io.clock.now();
  };
  return {
    show(event) {
      const text = describeEvent(event, plan);
      if (text !== last) print(text);
      else if (io.clock.now() - lastAt >= HEARTBEAT_MS) print(`${text} (still)`);
      last = text;
    },
    end: () => undefined,
  };
}

function describeEvent(event: MoveEvent, plan: readonly PlannedStep[]): string {
  const step = event.kind === "settling" ? "settle" : event.step;
  const index = plan.findIndex((planned) => planned.step === step);
  const head = `step=${index + 1}/${plan.length}`;
  const planned = plan[index];
  switch (event.kind) {
    case "step":
      return `${head} started "${planned?.text}" in ${planned?.where}`;
    case "wrote":
      return `${head} written in ${event.cluster}`;
    case "waiting":
      return `${head} waits for ${joinWaits(event.waits)}`;
    case "settling":
      return `${head} nothing has changed`;
  }
}

function joinWaits(waits: readonly Wait[]): string {
  return waits.map(({ cluster, message }) => `${cluster}: ${message}`).join("; ") || "nothing";
}

/** Redraws the list of steps in place; the terminal's scroll-back stays untouched. */
export function liveProgress(io: Io, plan: readonly PlannedStep[], paint: Paint): ProgressView {
  const started = io.clock.now();
  const doneAfter = new Map<StepName, number>();
  let current: StepName | undefined;
  let since = started;
  let detail = "";
  let drawn = 0;
  let arrived = false;
  const draw = () => {
    const { columns } = io.stderr;
    const elapsed = formatDuration(io.clock.now() - started);
    const hint = `${elapsed} in all.${arrived ? "" : " Ctrl-C is safe: traffic goes on, the same command resumes."}`;
    const at = arrived ? plan.length : plan.findIndex(({ step }) => step === current);
    const lines = plan.map((planned, i) => {
      const done = doneAfter.get(planned.step);
      const took = i < at ? (done === undefined ? "done" : formatDuration(done)) : "";
      const now = i === at ? `${formatDuration(io.clock.now() - since)}   ${detail}` : "";
      const text = `${i + 1} ${planned.where}: ${planned.text.replaceAll("→", paint.signs.arrow)}   ${took}${now}`;
      return ` ${stepSign(i - at, paint)} ${cut(text, columns - paint.signs.ok.length - 3)}`;
    });
    lines.push(paint.dim(cut(`   ${hint}`, columns - 1)));
    io.stderr.write(`${drawn > 0 ? `\x1b[${drawn}A` : ""}${lines.map((line) => `\x1b[2K${line}\n`).join("")}`);
    drawn = lines.length;
  };
  return {
    show(event) {
      const step = event.kind === "settling" ? "settle" : event.step;
      if (step !== current) {
        if (current) doneAfter.set(current, io.clock.now() - since);
        current = step;
        since = io.clock.now();
        detail = "";
      }
      if (event.kind === "waiting") detail = joinWaits(event.waits);
      if (event.kind === "settling") detail = `${formatDuration(event.quietMs)} without a change`;
      draw();
    },
    end(hasArrived) {
      arrived = hasArrived;
      if (current) doneAfter.set(current, io.clock.now() - since);
      draw();
    },
  };
}

/** The sign of a step before, at, or after the current one, padded to one width. */
function stepSign(distance: number, paint: Paint): string {
  const { ok } = paint.signs;
  if (distance < 0) return paint.good(ok);
  return distance === 0 ? paint.warn(">".padEnd(ok.length)) : " ".repeat(ok.length);
}

/** A line that wraps would break the redraw. */
function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
