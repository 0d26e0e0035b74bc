/** Everything that is checked before a move is rolled back. All checks run and all are told. Pure. */
import { latestIntent } from "../../shared/intent.ts";
import { MODE } from "../../shared/keys.ts";
import { parseMinReady } from "../../shared/protocol/readiness.ts";
import { intentOf } from "../../shared/protocol/roles.ts";
import { CliError } from "../exit.ts";
import type { Check, Facts } from "./facts.ts";
import { checkSides } from "./preflight.ts";
import { decideReturn, finalMode, type Return } from "./rollback.ts";
import { checkUnknown } from "./service-checks.ts";

/** `facts.readyPods` counts those of the cluster that shall serve again. */
export function checkReturn(back: Return, facts: Omit<Facts, "obstacle" | "changed">): Check[] {
  return [
    ...checkSides(back.key, facts),
    // Whoever wants to go back is not kept from it by a cluster that has nothing to do with it.
    checkUnknown({ facts }, "warn"),
    checkLastWord(back, facts),
    checkPods(back, facts),
    ...checkAdopted(back),
  ];
}

function checkLastWord(back: Return, { situation }: Pick<Facts, "situation">): Check {
  const name = "nothing else was declared since";
  try {
    decideReturn(back, situation);
    return { name, state: "ok", detail: "the last word is this move's, or older" };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { name, state: "fail", detail: error.message, ...(error.next === undefined ? {} : { next: error.next }) };
  }
}

/** Pods of the old cluster that are gone cannot serve again. */
function checkPods({ from, to, minReady, note }: Return, { readyPods, situation }: Omit<Facts, "from" | "to">): Check {
  const name = `pods ready in ${from}`;
  const wanted = parseMinReady(minReady);
  if (!wanted)
    return { name, state: "fail", detail: `--min-ready ${minReady} is neither a number from 1 nor a percentage` };
  if (readyPods === undefined) return { name, state: "warn", detail: "you may not list pods there" };
  const needed = "count" in wanted ? wanted.count : Math.ceil((note.before.from.ready * wanted.percent) / 100);
  const detail = `${readyPods} of ${needed}`;
  if (readyPods >= needed) return { name, state: "ok", detail };
  const latest = latestIntent([...situation.views.values()].map(intentOf));
  if (readyPods === 0 && latest?.at === to) {
    return { name, state: "fail", detail: `${detail}: start them first, ${to} serves meanwhile` };
  }
  return { name, state: "warn", detail: `${detail}: ${to} serves until they are there` };
}

function checkAdopted({ note, from, to }: Return): Check[] {
  const { before } = note;
  if (finalMode(note) === before.from.annotations[MODE]) return [];
  const detail = `it was its own before, and stays receiver: ${from} stays source`;
  return [{ name: `the Service in ${to}`, state: "warn", detail }];
}
