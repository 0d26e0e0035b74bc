/** The progress of a move in plain lines: one per change, with the time, and a heartbeat. */
import { type Io, tell } from "../io.ts";
import type { PlannedStep } from "../migrate/plan.ts";
import type { MoveEvent } from "../migrate/run.ts";
import type { ExplainedWait } from "./migration.ts";

export interface ProgressView {
  show(event: MoveEvent): void;
  /** The user wants it to stop; the write under way is finished first. */
  stopping(): void;
  /** Leaves the last state on the screen. */
  end(arrived: boolean): void;
}

/** Lines that CI systems keep alive by: without any for this long, one says that the move still waits. */
const HEARTBEAT_MS = 30_000;

/** No progress at all. */
export const silentProgress: ProgressView = { show: () => undefined, stopping: () => undefined, end: () => undefined };

/** Tells each event once, and the last one again when nothing else was told for half a minute. */
export function onceEach(
  { clock }: Pick<Io, "clock">,
  print: (event: MoveEvent, again: boolean) => void,
): (event: MoveEvent) => void {
  let last = "";
  let lastAt = clock.now();
  return (event) => {
    const id = JSON.stringify(essence(event));
    const again = id === last;
    if (again && clock.now() - lastAt < HEARTBEAT_MS) return;
    print(event, again);
    last = id;
    lastAt = clock.now();
  };
}

/** An event without the time that passes by itself. */
function essence(event: MoveEvent): object {
  if (event.kind === "settling") return { kind: event.kind };
  return event.kind === "holding" ? { kind: event.kind, step: event.step } : event;
}

/** Lines for logs. */
export function plainProgress(
  io: Io,
  plan: readonly PlannedStep[],
  title: string,
  explain: (event: MoveEvent & { kind: "waiting" }) => readonly ExplainedWait[],
): ProgressView {
  const print = (text: string) => tell(io, `${new Date(io.now()).toISOString()} ${title} ${text}`);
  const show = onceEach(io, (event, again) => {
    print(`${describeEvent(event, plan)}${again ? " (still)" : ""}`);
    if (event.kind !== "waiting" || again) return;
    for (const { cluster, next } of explain(event)) if (next !== undefined) print(`see, for ${cluster}: ${next}`);
  });
  return { show, stopping: () => print("stopping after the write under way"), end: () => undefined };
}

/** `step=3/6`. */
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
    case "holding":
      return `${head} ${Math.ceil(event.leftMs / 1000)}s left`;
    case "settling":
      return `${head} nothing has changed`;
  }
}

function joinWaits(waits: readonly ExplainedWait[]): string {
  return waits.map(({ cluster, message }) => `${cluster}: ${message}`).join("; ") || "nothing";
}
