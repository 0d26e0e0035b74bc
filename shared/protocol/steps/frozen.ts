/** Step: slices that a removed selector left behind. kube-proxy would use them for ever, dead pods included. */

import { SKIP_MIRROR } from "../../keys.ts";
import { label } from "../../kube/objects.ts";
import { hasSelector } from "../../selector.ts";
import { type Context, copiesUsable } from "../context.ts";
import { isStripped, mirroredSlices, nativeSlices, ourCopies, replicaOf } from "../contribution.ts";
import { readySet, usableSet } from "../usable.ts";
import { holding, NOTHING, removeObject, type Step } from "../write.ts";

/** The native controller may write once more if its cache still shows the selector. */
const LOOK_AGAIN_MS = 10_000;

/** True if we may judge the native slices and the Endpoints of this Service as left behind: its selector was ours to take. */
export function isReleasedFromNative({ service }: Context): boolean {
  return !hasSelector(service) && (isStripped(service) || replicaOf(service) !== undefined);
}

/** Deletes frozen and mirrored slices once every usable address in them is ours to offer, or known to be gone. */
export function stepFrozen(context: Context): Step {
  if (!isReleasedFromNative(context)) return NOTHING;
  const { own } = context;
  const frozen = nativeSlices(own.slices);
  const covered = own.endpoints === undefined || label(own.endpoints, SKIP_MIRROR) === "true";
  const mirrored = covered ? mirroredSlices(own.slices) : [];
  if (frozen.length + mirrored.length === 0) return NOTHING;
  if (!isCovered(context)) {
    return holding("Holding", "keeps slices of the former selector: the copies cannot take their requests yet");
  }
  const removals = [...frozen, ...mirrored].map((slice) =>
    removeObject("endpointslices", slice, "left behind by the removed selector", { live: true, unchanged: true }),
  );
  return { writes: removals, holds: [], recheckMs: LOOK_AGAIN_MS };
}

/**
 * Per address: ready in our copies, or there is a shadow that does not list it as ready. Without a shadow our copies must
 * offer anything at all; frozen addresses never count as the remaining ones.
 */
function isCovered(context: Context): boolean {
  const { own, service } = context;
  const frozen = usableSet([...nativeSlices(own.slices), ...mirroredSlices(own.slices)], service);
  const shadow = nativeSlices(own.shadowSlices);
  if (!own.shadow || shadow.length === 0) return frozen.size === 0 || copiesUsable(context);
  const offered = readySet(ourCopies(own), service);
  const alive = readySet(shadow, service);
  return [...frozen].every((entry) => offered.has(entry) || !alive.has(entry));
}
