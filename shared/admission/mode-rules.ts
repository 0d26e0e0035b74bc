/** Rules on the mode that this cluster's Service alone can answer. */

import { MODE, SELECTOR } from "../keys.ts";
import { MODES, type Mode, suggestMode } from "../mode.ts";
import { hasSelector } from "../selector.ts";
import { describeRefusal, judgeTransition } from "../transitions.ts";
import { annotateCommand, patchSpecCommand, statusCommand } from "./command.ts";
import { carriedIntent, latestKnown, type ModeChange } from "./declaration.ts";
import {
  type Change,
  changesMode,
  hasKeptSelector,
  modeOf,
  modeText,
  replicaOf,
  unionKeepsSelector,
} from "./request.ts";
import { annotationPath, type Violation } from "./violation.ts";

/** A rule: every objection it has to a change, none if all is well. */
export type Rule = (change: Change, mode: ModeChange) => Violation[];

const MODE_PATH = annotationPath(MODE);

/** Only the four words, with the one that was probably meant. */
export const checkWord: Rule = ({ request }, mode) => {
  if (mode.kind !== "unknown") return [];
  const meant = suggestMode(mode.word);
  const hint = meant ? `; did you mean "${meant}"?` : "";
  const problem = `must be one of ${MODES.join(", ")}, or the annotation absent${hint}`;
  return [{ field: MODE_PATH, value: mode.word, problem, next: annotateCommand(request, MODE, meant ?? "MODE") }];
};

/** The transition table, for declarations. */
export const checkTransition: Rule = (change, mode) => {
  const declared = declaredMode(mode);
  if (!declared) return [];
  const from = modeOf(change.old);
  const to = declared.mode ?? "absent";
  const verdict = judgeTransition(from, to);
  if (verdict.legal) return [];
  const problem = describeRefusal(from, to, verdict);
  return [{ field: MODE_PATH, value: declared.mode, problem, next: annotateCommand(change.request, MODE, "source") }];
};

/** The API server's own Service is the same in no two clusters. */
export const checkProtected: Rule = (change, mode) => {
  const { request, object } = change;
  const entering = changesMode(change) && mode.kind !== "unknown" && modeText(object) !== undefined;
  if (!entering || request.namespace !== "default" || request.name !== "kubernetes") return [];
  const problem = "the kubernetes Service is each cluster's own and is never syndicated";
  return [{ field: MODE_PATH, value: modeText(object), problem, next: annotateCommand(request, MODE, undefined) }];
};

/** An ExternalName Service has no endpoints, so there is nothing to move. */
export const checkType: Rule = (change) => {
  const { request, object, old } = change;
  if (modeOf(object) === "absent" || object.spec.type !== "ExternalName") return [];
  if (!changesMode(change) && old?.spec.type === "ExternalName") return [];
  const problem = `an ExternalName Service has no endpoints and cannot be "${modeText(object)}"`;
  return [{ field: "spec.type", value: "ExternalName", problem, next: annotateCommand(request, MODE, undefined) }];
};

/** A receiver or stripped union has no pods of its own node to prefer: `Local` would drop traffic. */
export const checkTrafficPolicy: Rule = (change) => {
  const { request, object, old, settings } = change;
  const mode = modeOf(object);
  const stripped = mode === "receiver" || (mode === "union" && !unionKeepsSelector(object, settings));
  if (!stripped) return [];
  const fields = ["externalTrafficPolicy", "internalTrafficPolicy"] as const;
  const faulty = fields.filter((field) => {
    return object.spec[field] === "Local" && (changesMode(change) || old?.spec[field] !== "Local");
  });
  return faulty.map((field) => ({
    field: `spec.${field}`,
    value: "Local",
    problem: `must be "Cluster" in mode "${mode}": pods of other clusters are on no node of this one, so Local would drop their traffic`,
    next: patchSpecCommand(request, field, "Cluster"),
  }));
};

/** Endpoints that no selector finds cannot be tracked through a move. Replicas and stripped Services have a kept selector. */
export const checkSelectorless: Rule = (change) => {
  const { request, object, old } = change;
  const mode = modeOf(object);
  if (!changesMode(change) || (mode !== "receiver" && mode !== "union")) return [];
  if (hasSelector(object) || replicaOf(old) !== undefined || hasKeptSelector(old ?? object)) return [];
  // On CREATE nothing is lost yet; a selector given in the annotation is as good as one saved at a strip.
  const problem = `a Service without selector cannot become "${mode}": its endpoints are kept by hand and could not be followed; give it a selector (or ${SELECTOR} when creating it), or use "source"`;
  return [{ field: "spec.selector", value: undefined, problem, next: statusCommand(request) }];
};

/** The mode a request declares, a re-applied one included where the mutating half was skipped; undefined if none. */
export function declaredMode(change: ModeChange): { mode: Mode | undefined } | undefined {
  return change.kind === "declared" || change.kind === "reapplied" ? { mode: change.mode } : undefined;
}

/**
 * The mode a Service enters, with what that means for other clusters: a declared one; on CREATE also the one that the mutating half
 * has stamped before this half looks, so that it reads as implied. A restored backup has no later intent than the clusters it
 * comes back to, and enters nothing. Undefined if none.
 */
export function enteredMode(change: Change, mode: ModeChange): { mode: Mode | undefined } | undefined {
  if (change.old || mode.kind !== "implied" || mode.mode === undefined) return declaredMode(mode);
  const stamped = carriedIntent(change);
  return stamped && stamped.time > (latestKnown(change)?.time ?? 0) ? { mode: mode.mode } : undefined;
}
