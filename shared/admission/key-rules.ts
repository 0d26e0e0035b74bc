/** Rules on annotations and labels of ours, and on the Services that are ours alone. */

import { compareIntents, MAX_AHEAD_MS } from "../intent.ts";
import {
  ADOPT,
  INTENT,
  MIN_READY,
  MIN_READY_SECONDS,
  ORIGIN_SELECTOR,
  OVERRIDE,
  REPLICA_OF,
  SELECTOR,
  SHADOW_OF,
  SUCCESSOR,
} from "../keys.ts";
import { annotation, label, type Service } from "../kube/objects.ts";
import { overrides, parseAdopt } from "../protocol/declaration.ts";
import { parseMinReady, parseMinReadySeconds } from "../protocol/readiness.ts";
import { parseSelector } from "../selector.ts";
import { annotateCommand } from "./command.ts";
import { latestKnown } from "./declaration.ts";
import { isLabelKey, isLabelValue } from "./label-syntax.ts";
import type { Rule } from "./mode-rules.ts";
import { type Change, changesMode, intentCopy, isShadow } from "./request.ts";
import { annotationPath, type Violation } from "./violation.ts";

/** What is wrong with the value of a user's annotation; undefined if nothing. */
type ValueCheck = (value: string, change: Change) => string | undefined;

const VALUE_CHECKS: ReadonlyMap<string, ValueCheck> = new Map<string, ValueCheck>([
  [SELECTOR, selectorProblem],
  [MIN_READY, (value) => (parseMinReady(value) ? undefined : "must be a whole number from 1, or 1% to 100%")],
  [
    MIN_READY_SECONDS,
    (value) => (parseMinReadySeconds(value) === undefined ? "must be a whole number of seconds, 0 or more" : undefined),
  ],
  [SUCCESSOR, successorProblem],
  [ADOPT, adoptProblem],
  [
    OVERRIDE,
    (value) => (/^\d{1,16}$/.test(value.trim()) ? undefined : "must be the time of an intent, a whole number"),
  ],
]);

/**
 * Values of the annotations a user may write, judged when they change: a bad value that is there already must not stand
 * in the way of other changes.
 */
export const checkValues: Rule = (change) => {
  const violations: Violation[] = [];
  for (const [key, findProblem] of VALUE_CHECKS) {
    const value = annotation(change.object, key);
    if (value === undefined || (change.old && annotation(change.old, key) === value)) continue;
    const problem = findProblem(value, change);
    const next = annotateCommand(change.request, key, undefined);
    if (problem) violations.push({ field: annotationPath(key), value, problem, next });
  }
  return violations;
};

/**
 * The sync process's keys are as stored, or as the mutating half leaves them. That half may be skipped (it may be
 * configured to be ignored on failure), so the final object is checked again.
 */
export const checkOurKeys: Rule = (change) => {
  const { object, old, request } = change;
  const read: [field: string, key: string, get: (service: Service) => string | undefined][] = [
    [annotationPath(ORIGIN_SELECTOR), ORIGIN_SELECTOR, (service) => annotation(service, ORIGIN_SELECTOR)],
    [`metadata.labels[${REPLICA_OF}]`, REPLICA_OF, (service) => label(service, REPLICA_OF)],
    [`metadata.labels[${SHADOW_OF}]`, SHADOW_OF, (service) => label(service, SHADOW_OF)],
  ];
  const problem = "only the sync process writes this key";
  const next = `send the change again without it (${request.operation === "CREATE" ? "leave it out" : "keep it as stored"})`;
  const violations = read
    .filter(([, , get]) => get(object) !== (old && get(old)))
    .map(([field, , get]) => ({ field, value: get(object), problem, next }));
  if (!isAcceptableIntent(change)) {
    violations.push({ field: annotationPath(INTENT), value: annotation(object, INTENT), problem, next });
  }
  return violations;
};

/** As stored; or stamped with a changed mode: made here, later than the stored one, not from the future. */
function isAcceptableIntent(change: Change): boolean {
  const { object, old, settings, now } = change;
  const text = annotation(object, INTENT);
  if (text === (old && annotation(old, INTENT))) return true;
  const copy = intentCopy(object);
  if (!copy || (copy.time > now + MAX_AHEAD_MS && !overrides(object, latestKnown(change)))) return false;
  if (!old) return true;
  if (!changesMode(change)) return false;
  const stored = intentCopy(old);
  return [copy.at, copy.from].includes(settings.cluster) && (!stored || compareIntents(copy, stored) > 0);
}

/** Shadows follow their Service; whoever else edits one would move endpoints behind the sync process's back. */
export const checkShadow: Rule = ({ request, object, old }) => {
  if (!old || !isShadow(old)) return [];
  const name = label(old, SHADOW_OF);
  const parts = [
    ["spec", object.spec, old.spec],
    ["metadata.labels", object.metadata.labels, old.metadata.labels],
    ["metadata.annotations", object.metadata.annotations, old.metadata.annotations],
  ] as const;
  const problem = `this Service is kept by the sync process for the pods of Service "${name}" and follows it`;
  const next = `kubectl edit service ${name} -n ${request.namespace}`;
  return parts
    .filter(([, now, before]) => !isEqual(now ?? {}, before ?? {}))
    .map(([field]) => ({ field, value: "changed", problem, next }));
};

function selectorProblem(text: string): string | undefined {
  const selector = parseSelector(text);
  if (!selector) return 'must be a JSON object of strings with at least one entry, such as {"app":"web"}';
  const bad = Object.entries(selector).find(([key, value]) => !isLabelKey(key) || !isLabelValue(value));
  return bad && `"${bad[0].slice(0, 63)}" or its value is no valid label, so this selector could never take effect`;
}

/** What is wrong with a named successor by this cluster's knowledge alone; undefined if nothing. */
export function successorProblem(value: string, { settings }: Change): string | undefined {
  const name = value.trim();
  if (name === "" || !isLabelValue(name)) return "must be the name of another cluster";
  return name === settings.cluster ? "must be another cluster, this one cannot take over from itself" : undefined;
}

function adoptProblem(value: string): string | undefined {
  const names = parseAdopt(value);
  return names.length && names.every(isLabelValue) ? undefined : "must be a comma list of cluster names";
}

/** Deep equality of JSON, order of keys aside. Deeper than any Service counts as different: bodies may be hostile. */
function isEqual(a: unknown, b: unknown, depth = 0): boolean {
  if (a === b) return true;
  if (depth > 32 || typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (Array.isArray(a) !== Array.isArray(b) || keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => {
    if (!Object.hasOwn(b, key)) return false;
    return isEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], depth + 1);
  });
}
