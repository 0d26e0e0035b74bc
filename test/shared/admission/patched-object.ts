/** Applies our patches with an independent implementation, as the API server would. */

import jsonPatch from "fast-json-patch";
import type { PatchOperation } from "../../../shared/admission/json-patch.ts";
import { mutate } from "../../../shared/admission/mutate.ts";
import type { Situation } from "../../../shared/admission/request.ts";
import type { Service } from "../../../shared/kube/objects.ts";

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
