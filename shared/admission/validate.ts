/** Whether a request may pass, with every objection at once. */

import { SUCCESSOR } from "../keys.ts";
import { annotation } from "../kube/objects.ts";
import { hasSelector } from "../selector.ts";
import { type ModeChange, readModeChange } from "./declaration.ts";
import { warnAboutDeletion } from "./deletion.ts";
import { checkOurKeys, checkShadow, checkValues } from "./key-rules.ts";
import {
  checkProtected,
  checkSelectorless,
  checkTrafficPolicy,
  checkTransition,
  checkType,
  checkWord,
  enteredMode,
  type Rule,
} from "./mode-rules.ts";
import { checkClock, checkOneOwn, checkPorts, checkSuccessor, warnAboutPeers } from "./peer-rules.ts";
import {
  asChange,
  type Change,
  changesMode,
  intentCopy,
  isShadow,
  isSync,
  modeOf,
  replicaOf,
  type Situation,
} from "./request.ts";
import { fitWarning, type Violation } from "./violation.ts";

export interface Verdict {
  /** Empty: allowed. */
  violations: Violation[];
  /** For the caller, at most 120 characters each; they never deny. */
  warnings: string[];
}

const RULES: readonly Rule[] = [
  checkWord,
  checkTransition,
  checkProtected,
  checkType,
  checkTrafficPolicy,
  checkSelectorless,
  checkValues,
  checkOurKeys,
  checkSuccessor,
  checkOneOwn,
  checkPorts,
  checkClock,
];

/** Judges a request after mutation. The sync process, and anything but CREATE, UPDATE and DELETE, is always allowed. */
export function validate(situation: Situation): Verdict {
  if (situation.request.operation === "DELETE") {
    const warnings = isSync(situation) ? [] : warnAboutDeletion(situation);
    return { violations: [], warnings: warnings.map(fitWarning) };
  }
  const change = asChange(situation);
  if (!change) return { violations: [], warnings: [] };
  const mode = readModeChange(change);
  // A shadow has no mode, no selector of its own and no peers: the other rules would only add noise.
  const rules = isShadow(change.old) ? [checkShadow] : RULES;
  const violations = rules.flatMap((rule) => rule(change, mode));
  const warnings = [...warnAboutPeers(change, mode), ...warnAboutFields(change, mode)];
  return { violations, warnings: warnings.map(fitWarning) };
}

/**
 * True if the decision may depend on other clusters, so that the sync process is worth asking: a declaration, or the end
 * of a Service that others may follow.
 */
export function needsAdvice(situation: Situation): boolean {
  const { operation, oldObject } = situation.request;
  if (operation === "DELETE") {
    return !isSync(situation) && oldObject !== undefined && !isShadow(oldObject) && replicaOf(oldObject) === undefined;
  }
  const change = asChange(situation);
  return change !== undefined && enteredMode(change, readModeChange(change)) !== undefined;
}

function warnAboutFields(change: Change, mode: ModeChange): string[] {
  const { object, old } = change;
  const warnings: string[] = [];
  if (!old || isShadow(old)) return warnings;
  if (hasSelector(old) && !hasSelector(object) && intentCopy(old)) {
    warnings.push(
      "the sync process removes selectors itself once it is safe; removed by hand, old endpoints stay frozen",
    );
  }
  const successorChanged = annotation(object, SUCCESSOR) !== annotation(old, SUCCESSOR);
  if (successorChanged && mode.kind === "none" && !changesMode(change) && modeOf(object) === "receiver") {
    warnings.push('the successor was settled when "receiver" was set; a change counts from the next time on');
  }
  return warnings;
}
