/** From a decoded review to its answer: asks for advice where it matters, decides, and logs what was decided. */

import type { Logger } from "pino";
import { describeModeChange } from "../shared/admission/declaration.ts";
import { type Mutation, mutate } from "../shared/admission/mutate.ts";
import type { AdmissionRequest, AdmissionSettings, Situation } from "../shared/admission/request.ts";
import { needsAdvice, validate } from "../shared/admission/validate.ts";
import type { AskAdvice } from "./advice.ts";
import type { Metrics, Outcome } from "./metrics.ts";
import { allowed, type DecodedReview, denied, patched, type Review } from "./review.ts";

export type Path = "mutate" | "validate";

export interface DeciderDeps {
  settings: AdmissionSettings;
  askAdvice: AskAdvice;
  now: () => number;
  metrics: Metrics;
  log: Logger;
}

export interface Decision {
  review: Review;
  outcome: Outcome;
}

/** A function that answers decoded reviews of one path. It throws only through a bug of ours. */
export function createDecider(path: Path, deps: DeciderDeps): (decoded: DecodedReview) => Promise<Decision> {
  const { settings, now, log } = deps;
  return async ({ uid, request }) => {
    if (!request) return { review: allowed(uid), outcome: "allowed" };
    const alone: Situation = { request, settings, advice: "unavailable", now: now() };
    const situation = needsAdvice(alone) ? { ...alone, advice: await ask(request, deps) } : alone;
    const { decision, facts } = path === "mutate" ? change(uid, situation) : judge(uid, situation);
    // Most Services are none of our business; a line for each would drown the others.
    const level = decision.outcome === "allowed" ? "debug" : "info";
    if (log.isLevelEnabled(level)) {
      const { operation, namespace, name, user } = request;
      log[level]({ uid, path, operation, namespace, name, user: user.slice(0, 253), ...facts }, decision.outcome);
    }
    return decision;
  };
}

async function ask({ namespace, name }: AdmissionRequest, deps: DeciderDeps): Promise<Situation["advice"]> {
  const advice = await deps.askAdvice(namespace, name);
  deps.metrics.countAdvice(advice === "unavailable" ? "unavailable" : "answered");
  return advice;
}

interface Outcomes {
  decision: Decision;
  /** For the log: paths and fields, never values. */
  facts: Record<string, unknown>;
}

function change(uid: string, situation: Situation): Outcomes {
  const { patch, warnings }: Mutation = mutate(situation);
  const steps = patch.map(({ op, path }) => `${op} ${path}`);
  const audit = describe(situation, "patched", steps);
  const review = patched(uid, patch, { warnings, audit });
  const facts = { patch: steps, warnings: warnings.length };
  return { decision: { review, outcome: patch.length ? "patched" : "allowed" }, facts };
}

function judge(uid: string, situation: Situation): Outcomes {
  const { violations, warnings } = validate(situation);
  const refused = violations.length > 0;
  const fields = violations.map(({ field }) => field);
  const remarks = { warnings, audit: describe(situation, "refused", fields) };
  const review = refused ? denied(uid, violations, remarks) : allowed(uid, remarks);
  const facts = { violations: fields, warnings: warnings.length };
  return { decision: { review, outcome: refused ? "denied" : "allowed" }, facts };
}

/** For the audit log: what was asked of the mode, and the places touched; nothing where nothing of ours was. */
function describe(situation: Situation, key: "patched" | "refused", places: readonly string[]): Record<string, string> {
  const mode = describeModeChange(situation);
  return { ...(mode === undefined ? {} : { mode }), ...(places.length ? { [key]: places.join(", ") } : {}) };
}
