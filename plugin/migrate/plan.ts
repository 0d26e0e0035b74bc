/** The plan of a move as people approve it: what is done where, and how each step is taken back. Pure. */
import { MODE } from "../../shared/keys.ts";
import type { Move, StepName } from "./move.ts";
import { stepsOf } from "./move.ts";

export interface PlannedStep {
  step: StepName;
  text: string;
  /** Cluster it is done in, or `both`. */
  where: string;
  undo: string;
}

/** The steps of a move. `settle` is the settle time as the user wrote it. */
export function planMove(move: Move, settle: string): PlannedStep[] {
  return stepsOf(move.strategy).map((step) => ({ step, ...describeStep(step, move, settle) }));
}

function describeStep(step: StepName, move: Move, settle: string): Omit<PlannedStep, "step"> {
  const { from, to, strategy } = move;
  const takeBack = `mode source in ${from}`;
  const whilePods = `${takeBack}, while its pods are there`;
  switch (step) {
    case "prepare":
      return { text: `note there: ${describePreparation(move)}`, where: to, undo: "none needed" };
    case "declare": {
      const mode = strategy === "union" ? "union" : `receiver, successor ${to}`;
      const adopt = move.adopt ? `, taking along the Service of ${to}` : "";
      return { text: `mode → ${mode}${adopt}`, where: from, undo: takeBack };
    }
    case "unite":
      return { text: "wait until both publish the pods of both", where: "both", undo: takeBack };
    case "source":
      return { text: "mode → source", where: to, undo: takeBack };
    case "drain":
      return {
        text: `wait until both publish the pods of ${to} alone`,
        where: "both",
        undo: whilePods,
      };
    case "settle":
      return { text: `wait until no slice has changed for ${settle}`, where: "both", undo: whilePods };
  }
}

function describePreparation({ minReady, selector }: Move): string {
  const ready = `at least ${minReady} ready`;
  if (!selector) return ready;
  const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  return `selector ${labels.join(",")}, ${ready}`;
}

/** The command that makes the old cluster serve again, at any moment before the old pods are gone. */
export function takeBackCommand({ key }: Move, fromContext: string): string {
  return `kubectl --context ${fromContext} annotate service ${key.name} -n ${key.namespace} ${MODE}=source --overwrite`;
}
