/** Progress on a terminal: the list of steps, redrawn in place; the terminal's scroll-back stays untouched. */
import { formatDuration } from "../duration.ts";
import type { Io } from "../io.ts";
import type { StepName } from "../migrate/move.ts";
import type { PlannedStep } from "../migrate/plan.ts";
import type { MoveEvent } from "../migrate/run.ts";
import type { ExplainedWait } from "./migration.ts";
import type { Paint } from "./paint.ts";
import { printable } from "./printable.ts";
import type { ProgressView } from "./progress.ts";
import { fitRows, openRegion } from "./region.ts";
import { cut, wrap } from "./wrap.ts";

/** Waits shown with their reason; more would push the steps out of small windows. */
const SHOWN_WAITS = 3;

interface State {
  started: number;
  doneAfter: Map<StepName, number>;
  current: StepName | undefined;
  since: number;
  detail: string;
  waits: readonly ExplainedWait[];
  hint: string;
  arrived: boolean;
}

/** The view; `explain` adds to a wait the command that helps. */
export function liveProgress(
  io: Io,
  plan: readonly PlannedStep[],
  paint: Paint,
  explain: (waits: MoveEvent & { kind: "waiting" }) => readonly ExplainedWait[],
): ProgressView {
  const started = io.clock.now();
  const state: State = {
    started,
    doneAfter: new Map(),
    current: undefined,
    since: started,
    detail: "",
    waits: [],
    hint: "Ctrl-C is safe: traffic goes on, and it says how to go on.",
    arrived: false,
  };
  const region = openRegion(io.stderr);
  const draw = () => {
    const lines = drawState(state, plan, paint, io.clock.now(), io.stderr.columns - 1);
    region(fitRows(lines, io.stderr));
  };
  return {
    show(event) {
      advance(state, event.kind === "settling" ? "settle" : event.step, io.clock.now());
      if (event.kind === "waiting") state.waits = explain(event);
      if (event.kind === "holding") state.detail = `${formatDuration(event.leftMs)} left`;
      if (event.kind === "settling") state.detail = `${formatDuration(event.quietMs)} without a change`;
      draw();
    },
    stopping() {
      state.hint = "Stopping after the write under way. Once more ends at once.";
      draw();
    },
    end(arrived) {
      state.arrived = arrived;
      state.hint = "";
      if (state.current) state.doneAfter.set(state.current, io.clock.now() - state.since);
      draw();
    },
  };
}

function advance(state: State, step: StepName, now: number): void {
  if (step === state.current) return;
  if (state.current) state.doneAfter.set(state.current, now - state.since);
  Object.assign(state, { current: step, since: now, detail: "", waits: [] });
}

/** Painted lines, none wider than `width` but for commands: those are to be copied whole. */
function drawState(
  state: State,
  plan: readonly PlannedStep[],
  paint: Paint,
  now: number,
  width: number,
): readonly string[] {
  const at = state.arrived ? plan.length : plan.findIndex(({ step }) => step === state.current);
  const { ok, arrow, ellipsis } = paint.signs;
  const lines = plan.flatMap((planned, i) => {
    const text = printable(`${i + 1} ${planned.where}: ${planned.text.replaceAll("→", arrow)}`);
    if (i === at) return [drawCurrent(text, state, paint, now, width), ...drawWaits(state, paint, width)];
    const took = state.doneAfter.get(planned.step);
    const tail = i < at ? `   ${took === undefined ? "done" : formatDuration(took)}` : "";
    const sign = i < at ? ok : " ".repeat(ok.length);
    return (i < at ? paint.good : paint.dim)(fit(` ${sign} ${text}`, tail, width, ellipsis));
  });
  const summary = `   ${formatDuration(now - state.started)} in all. ${state.hint}`.trimEnd();
  return [...lines, ...wrap(summary, width, 3).map(paint.dim)];
}

function drawCurrent(text: string, { since, detail }: State, paint: Paint, now: number, width: number): string {
  const sign = ">".padEnd(paint.signs.ok.length);
  const tail = `   ${formatDuration(now - since)}   ${detail}`.trimEnd();
  return paint.bold(fit(` ${sign} ${text}`, tail, width, paint.signs.ellipsis));
}

function drawWaits({ waits }: State, paint: Paint, width: number): string[] {
  const shown = waits
    .slice(0, SHOWN_WAITS)
    .flatMap(({ cluster, message, next }) => [
      ...wrap(printable(`       ${cluster}: ${message}`), width, 9).map(paint.warn),
      ...(next === undefined ? [] : [paint.dim(printable(`       see: ${next}`))]),
    ]);
  const more = waits.length - SHOWN_WAITS;
  return more > 0 ? [...shown, paint.dim(`       and ${more} more`)] : shown;
}

/** The line with its tail, which tells how long it takes and is kept; what stands before is cut. */
function fit(text: string, tail: string, width: number, ellipsis: string): string {
  return cut(cut(text, Math.max(ellipsis.length, width - tail.length), ellipsis) + tail, width, ellipsis);
}
