/** The plan of a move, or of its way back, as people approve it: what is done where, and how each step is undone. Pure. */
import { formatDuration } from "../duration.ts";
import type { Move, StepName } from "./move.ts";
import { stepsOf } from "./move.ts";
import { finalMode, type Return, stepsBack } from "./rollback.ts";

export interface PlannedStep {
  step: StepName;
  text: string;
  /** Cluster it is done in, or `both`. */
  where: string;
  undo: string;
}

/** The steps of a move. `settleMs`: how long nothing shall have changed at the end. */
export function planMove(move: Move, settleMs: number): PlannedStep[] {
  return stepsOf(move).map((step) => ({ step, ...describeStep(step, move, formatDuration(settleMs)) }));
}

function describeStep(step: StepName, move: Move, settle: string): Omit<PlannedStep, "step"> {
  const { from, to, strategy } = move;
  const takeBack = `mode source in ${from}, then all as before`;
  const whilePods = `${takeBack}, while its pods are there`;
  switch (step) {
    case "prepare":
      return { text: `note there: ${describePreparation(move)}`, where: to, undo: "take the note away" };
    case "declare": {
      const mode = strategy === "union" ? "union" : `receiver, successor ${to}`;
      const adopt = move.adopt ? `, taking along the Service of ${to}` : "";
      return { text: `mode → ${mode}${adopt}`, where: from, undo: takeBack };
    }
    case "unite":
      return { text: "wait until both publish the pods of both", where: "both", undo: takeBack };
    case "hold":
      return { text: `let both serve for ${formatDuration(move.holdMs)}`, where: "both", undo: takeBack };
    case "source":
      return { text: "mode → source", where: to, undo: takeBack };
    case "drain":
      return { text: `wait until both publish the pods of ${to} alone`, where: "both", undo: whilePods };
    default:
      return { text: `wait until no slice has changed for ${settle}`, where: "both", undo: whilePods };
  }
}

function describePreparation({ minReady, selector }: Move): string {
  const ready = `at least ${minReady} ready`;
  if (!selector) return ready;
  const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  return `selector ${labels.join(",")}, ${ready}`;
}

/** The steps of a rollback. */
export function planReturn(back: Return, settleMs: number): PlannedStep[] {
  return stepsBack(back).map((step) => ({ step, ...describeStepBack(step, back, formatDuration(settleMs)) }));
}

function describeStepBack(step: StepName, back: Return, settle: string): Omit<PlannedStep, "step"> {
  const { from, to, note } = back;
  const undo = `migrate --from ${from} --to ${to}`;
  switch (step) {
    case "claim":
      return { text: "note that the move is rolled back", where: "both", undo: "migrate abort" };
    case "takeBack":
      return { text: `mode → source, at least ${back.minReady} ready`, where: from, undo };
    case "return":
      return { text: `wait until both publish the pods of ${from} alone`, where: "both", undo };
    case "restoreMode": {
      const mode = finalMode(note);
      return {
        text: mode === undefined ? "take the mode away, as before" : `mode → ${mode}, as before`,
        where: from,
        undo,
      };
    }
    case "restore":
      return { text: "all other annotations as before, take the note away", where: "both", undo };
    default:
      return { text: `wait until no slice has changed for ${settle}`, where: "both", undo };
  }
}
