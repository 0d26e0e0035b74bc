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
  let drawn = 0;
  const draw = () => {
    const { columns, rows } = io.stderr;
    const lines = drawState(state, plan, paint, io.clock.now()).slice(0, rows === undefined ? undefined : rows - 1);
    const text = lines
      .map(
        ({ text: line, paint: colour }) => `${colour(cut(printable(line), columns - 1, paint.signs.ellipsis))}\x1b[K\n`,
      )
      .join("");
    io.stderr.write(`${drawn > 0 ? `\x1b[${drawn}A` : ""}${text}\x1b[J`);
    drawn = lines.length;
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

interface Line {
  text: string;
  paint(text: string): string;
}

function drawState(state: State, plan: readonly PlannedStep[], paint: Paint, now: number): Line[] {
  const at = state.arrived ? plan.length : plan.findIndex(({ step }) => step === state.current);
  const lines = plan.flatMap((planned, i) => {
    const text = `${i + 1} ${planned.where}: ${planned.text.replaceAll("→", paint.signs.arrow)}`;
    if (i === at) return [current(text, state, paint, now), ...drawWaits(state, paint)];
    const took = state.doneAfter.get(planned.step);
    const tail = i < at ? `   ${took === undefined ? "done" : formatDuration(took)}` : "";
    const sign = i < at ? paint.signs.ok : " ".repeat(paint.signs.ok.length);
    return [{ text: ` ${sign} ${text}${tail}`, paint: i < at ? paint.good : paint.dim }];
  });
  return [
    ...lines,
    { text: `   ${formatDuration(now - state.started)} in all. ${state.hint}`.trimEnd(), paint: paint.dim },
  ];
}

function current(text: string, { since, detail }: State, paint: Paint, now: number): Line {
  const sign = ">".padEnd(paint.signs.ok.length);
  return { text: ` ${sign} ${text}   ${formatDuration(now - since)}   ${detail}`.trimEnd(), paint: paint.bold };
}

function drawWaits({ waits }: State, paint: Paint): Line[] {
  const shown = waits
    .slice(0, SHOWN_WAITS)
    .flatMap(({ cluster, message, next }) => [
      { text: `       ${cluster}: ${message}`, paint: paint.warn },
      ...(next === undefined ? [] : [{ text: `       see: ${next}`, paint: paint.dim }]),
    ]);
  const more = waits.length - SHOWN_WAITS;
  return more > 0 ? [...shown, { text: `       and ${more} more`, paint: paint.dim }] : shown;
}

/** A line that wraps would break the redraw. */
function cut(text: string, width: number, ellipsis: string): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - ellipsis.length))}${ellipsis}`;
}
