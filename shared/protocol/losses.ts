/**
 * The cap on deletions. A peer that was restored from an empty backup, or whose namespace somebody deleted by mistake, looks
 * like one whose users deleted everything: past a number of Services a person has to say that it is meant.
 */
import type { ClusterView, Snapshot } from "./snapshot.ts";
import { holding, type Step } from "./write.ts";

/** True if the Service vanished in this cluster while we look, and nobody said that the cluster is gone for good. */
export function hasVanished(view: ClusterView | undefined): boolean {
  return view?.listed === true && view.service === undefined && view.forgotten === undefined;
}

/** The hold in the place of deletions that follow from what vanished; undefined while the cap is not exceeded. */
export function capLosses({ losses }: Snapshot): Step | undefined {
  if (!losses || losses.recent + losses.due <= losses.limit) return undefined;
  // Without the numbers of the moment, which would write the conditions of all these Services again with each change.
  const many = `more than ${losses.limit} Services lost within ten minutes what came from clusters where they are gone, or would now`;
  return holding("TooManyDeletions", `nothing is deleted: ${many}; allow it in the ConfigMap syndicate-orders`);
}
