/**
 * What the webhook changes in a request: it guards the keys of the sync process, stamps declarations, puts back modes of
 * re-applied manifests, and saves selectors that must not take effect yet.
 */
import { formatIntent } from "../intent.ts";
import { INTENT, MODE, ORIGIN_SELECTOR, REPLICA_OF, SELECTOR, SHADOW_OF } from "../keys.ts";
import { annotation, label } from "../kube/objects.ts";
import { formatSelector, hasSelector } from "../selector.ts";
import { carriedIntent, type ModeChange, readModeChange, stampText } from "./declaration.ts";
import { buildPatch, type PatchOperation } from "./json-patch.ts";
import { asChange, type Change, isStripped, modeText, replicaOf, type Situation } from "./request.ts";
import { fitWarning } from "./violation.ts";

export interface Mutation {
  /** Empty if nothing is to change. Applies to the request's object; made again from the result it is empty. */
  patch: PatchOperation[];
  /** For the caller, at most 120 characters each. */
  warnings: string[];
}

interface Draft {
  annotations: Map<string, string | undefined>;
  labels: Map<string, string | undefined>;
  removeSelector: boolean;
  warnings: string[];
}

/** Decides the patch for a request. Never one for DELETE or for the sync process. */
export function mutate(situation: Situation): Mutation {
  const change = asChange(situation);
  if (!change) return { patch: [], warnings: [] };
  const draft: Draft = { annotations: new Map(), labels: new Map(), removeSelector: false, warnings: [] };
  const modeChange = readModeChange(change);
  setIntent(change, modeChange, draft);
  guardOurKeys(change, draft);
  putBackMode(change, modeChange, draft);
  keepSelectorAside(change, draft);
  return { patch: buildPatch(change.object, draft), warnings: draft.warnings.map(fitWarning) };
}

/** The old copy stays, unless a declaration is stamped; on CREATE only a believable copy does (see `carriedIntent`). */
function setIntent(change: Change, modeChange: ModeChange, draft: Draft): void {
  const { object, old } = change;
  const carried = carriedIntent(change);
  const stamped = modeChange.kind === "declared" ? stampText(change, modeChange.mode) : undefined;
  const kept = old ? annotation(old, INTENT) : carried && formatIntent(carried);
  const value = stamped ?? kept;
  draft.annotations.set(INTENT, value);
  const given = annotation(object, INTENT);
  const foreign = given !== (old && annotation(old, INTENT)) && given !== value && !carried;
  if (given !== undefined && foreign) draft.warnings.push(ignoredWarning(INTENT));
}

/** Values of the sync process's other keys stay as stored; on CREATE there are none. */
function guardOurKeys({ object, old }: Change, draft: Draft): void {
  const origin = old && annotation(old, ORIGIN_SELECTOR);
  draft.annotations.set(ORIGIN_SELECTOR, origin);
  if (![undefined, origin].includes(annotation(object, ORIGIN_SELECTOR))) {
    draft.warnings.push(ignoredWarning(ORIGIN_SELECTOR));
  }
  for (const key of [REPLICA_OF, SHADOW_OF]) {
    const stored = old && label(old, key);
    draft.labels.set(key, stored);
    if (![undefined, stored].includes(label(object, key))) draft.warnings.push(ignoredWarning(key));
  }
}

function putBackMode({ old }: Change, modeChange: ModeChange, draft: Draft): void {
  if (modeChange.kind !== "reapplied") return;
  const stored = modeText(old);
  draft.annotations.set(MODE, stored);
  const stays = stored === undefined ? "absent" : `"${stored}"`;
  const why = modeChange.mode
    ? "a re-applied manifest does not undo a move (use kubectl annotate)"
    : "it cannot be removed; the manifest may go without it";
  draft.warnings.push(`${MODE} stays ${stays}: ${why}`);
}

/**
 * A selector that appears on a stripped Service or on a replica would bring native endpoints up beside our copies at a
 * moment nobody chose. It is saved; the sync process puts it in force in the step whose preconditions hold. A live
 * selector is never taken here: only the sync process sees whether the pods are covered elsewhere.
 */
function keepSelectorAside({ object, old, settings }: Change, draft: Draft): void {
  if (!old || hasSelector(old)) return;
  const replica = replicaOf(old) !== undefined;
  const stripped = isStripped(old, settings);
  if (!replica && !stripped) return;
  const { selector } = object.spec;
  if (hasSelector(object) && selector) {
    draft.annotations.set(SELECTOR, formatSelector(selector));
    draft.removeSelector = true;
    draft.warnings.push(
      "spec.selector was saved, not set: it takes effect when this Service is source or singular again",
    );
    return;
  }
  const saved = annotation(old, SELECTOR);
  if (!replica && saved !== undefined && annotation(object, SELECTOR) === undefined) {
    draft.annotations.set(SELECTOR, saved);
    draft.warnings.push(`${SELECTOR} was kept: without it this Service could not get its pods back`);
  }
}

function ignoredWarning(key: string): string {
  return `${key} belongs to the sync process; the value given was ignored`;
}
