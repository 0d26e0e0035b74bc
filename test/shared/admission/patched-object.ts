/** Applies our patches with an independent implementation, as the API server would. */

import assert from "node:assert/strict";
import jsonPatch from "fast-json-patch";
import type { PatchOperation } from "../../../shared/admission/json-patch.ts";
import { mutate } from "../../../shared/admission/mutate.ts";
import type { Situation } from "../../../shared/admission/request.ts";
import { type IntentCopy, parseIntent } from "../../../shared/intent.ts";
import { INTENT } from "../../../shared/keys.ts";
import { annotation, type Service } from "../../../shared/kube/objects.ts";

/** The object after `patch`. Throws if an operation does not apply. */
export function applyPatch(object: Service, patch: readonly PatchOperation[]): Service {
  const copy = structuredClone(object);
  return jsonPatch.applyPatch(copy, structuredClone(patch) as jsonPatch.Operation[], true, true, true).newDocument;
}

/** The situation as the next round sees it: the object mutated, the clock `laterMs` on. Throws without an object. */
export function mutated(situation: Situation, laterMs = 0): Situation {
  const { object } = situation.request;
  if (!object) throw new Error("nothing to mutate");
  const after = applyPatch(object, mutate(situation).patch);
  return { ...situation, request: { ...situation.request, object: after }, now: situation.now + laterMs };
}

/** The object after mutation. */
export function mutatedObject(situation: Situation): Service {
  const { object } = mutated(situation).request;
  if (!object) throw new Error("nothing to mutate");
  return object;
}

/** What holds for every mutation: it applies, a second pass is empty, even with a later clock, and nothing given changes. */
export function checkInvariants(before: Situation): void {
  const frozen = structuredClone(before);
  const { warnings } = mutate(before);
  assert.deepEqual(before, frozen, "inputs stay as they were");
  for (const laterMs of [0, 1500]) assert.deepEqual(mutate(mutated(before, laterMs)).patch, [], "second pass is empty");
  for (const warning of warnings) assert.ok(warning.length <= 120, `${warning.length}: ${warning}`);
}

/** The intent copy after mutation, with the invariants checked. */
export function intentAfter(before: Situation): IntentCopy | undefined {
  checkInvariants(before);
  return parseIntent(annotation(mutatedObject(before), INTENT));
}
