/** Step: the selector of the live Service, restored or stripped in the one moment its preconditions hold. */
import { effectiveSelector, hasSelector, sameSelector, savedSelector } from "../../selector.ts";
import { type Context, copiesUsable, findConflict } from "../context.ts";
import { isOwn, nativeSlices, ourCopies } from "../contribution.ts";
import { judgeRelease } from "../release.ts";
import { hasUsable, isSubset, usableSet } from "../usable.ts";
import { holding, NOTHING, patchService, type Step, writing } from "../write.ts";

/** Restores or strips the selector as the role wants it. */
export function stepSelector(context: Context): Step {
  const selects = hasSelector(context.service);
  switch (context.desire.selector) {
    case "leave":
      return NOTHING;
    case "restore":
      return selects ? NOTHING : restore(context);
    case "release":
      return selects ? releaseSelector(context) : regret(context);
    case "union":
      return selects ? stripForUnion(context) : NOTHING;
    case "strip":
      return selects ? stripAtOnce(context) : regretStrip(context);
  }
}

function restore(context: Context): Step {
  const { service, own, role } = context;
  const selector = effectiveSelector(service);
  if (!selector) {
    if (role.kind !== "server" || isOwn(service)) return NOTHING;
    return holding(
      "NoSelector",
      "no selector is known for the pods of this cluster; set vmware.com/syndicate-selector",
    );
  }
  if (nativeSlices(own.slices).length > 0 && copiesUsable(context)) {
    return holding("Holding", "waits until the frozen slices of the former selector are gone");
  }
  const extra = { live: true, event: "SelectorRestored" } as const;
  return writing(patchService(service, { spec: { selector } }, "this cluster serves with its own pods", extra));
}

/** So many strips under one intent, within ten minutes, mean that somebody keeps putting the selector back. */
const MAX_STRIPS = 3;
/** How long a contended selector is left alone before the next look. */
const CONTENDED_MS = 60_000;

function strip(context: Context, why: string, told = { event: "SelectorStripped" }): Step {
  const { service, snapshot } = context;
  const { strips = 0 } = snapshot;
  if (strips >= MAX_STRIPS) {
    const who = "its selector was put back each time; let whoever applies it leave spec.selector out";
    return holding("Contended", `stripped ${strips} times in ten minutes: ${who}`, CONTENDED_MS);
  }
  if (!sameSelector(savedSelector(service), service.spec.selector)) return NOTHING;
  return writing(patchService(service, { spec: { selector: null } }, why, { live: true, ...told }));
}

function releaseSelector(context: Context): Step {
  const { snapshot, intent, own } = context;
  if (!intent || own.shadow || findConflict(context)) return NOTHING;
  const release = judgeRelease(snapshot, intent);
  if (!release.ready) return holding("Holding", `keeps serving: ${release.because}`, release.recheckMs);
  return strip(context, `released: ${intent.at} serves everywhere`, { event: "Released" });
}

/** Just stripped, frozen slices still there, and the server has gone unready: take the release back. */
function regret(context: Context): Step {
  const { service, own, intent } = context;
  const selector = savedSelector(service);
  if (!intent || !selector || own.shadow || nativeSlices(own.slices).length === 0) return NOTHING;
  if (copiesUsable(context, intent.at)) return NOTHING;
  const extra = { live: true, event: "SelectorRestored" } as const;
  return writing(patchService(service, { spec: { selector } }, `${intent.at} went unready during the release`, extra));
}

function stripForUnion(context: Context): Step {
  const { own, service } = context;
  if (findConflict(context)) return NOTHING;
  if (!own.shadow || nativeSlices(own.shadowSlices).length === 0) {
    return holding("Holding", "waits for Kubernetes to fill the slices of the shadow");
  }
  const native = usableSet(nativeSlices(own.slices), service);
  if (!isSubset(native, usableSet(ourCopies(own, own.name), service))) {
    return holding("Holding", "waits until the copies of the shadow offer every own pod");
  }
  return strip(context, "union: the shadow tracks the pods from now on");
}

/** A selector put on a replica, by a manifest applied before the move: saved, it takes effect when this cluster serves. */
function stripAtOnce(context: Context): Step {
  const { own, service } = context;
  const serves = hasUsable(nativeSlices(own.slices), service);
  if (serves && !copiesUsable(context)) {
    return holding("Holding", "keeps a selector put on a replica: without it no endpoint could take a request");
  }
  return strip(context, "a replica follows its origin; the selector takes effect when this cluster serves");
}

/**
 * What was stripped by reads older than the slices Kubernetes wrote for it: as long as no copy can take a request its pods do,
 * and somebody has to track them. Left frozen, their addresses would outlive them.
 */
function regretStrip(context: Context): Step {
  const { service, own } = context;
  const selector = savedSelector(service);
  if (!selector || own.shadow || copiesUsable(context)) return NOTHING;
  if (!hasUsable(nativeSlices(own.slices), service)) return NOTHING;
  const extra = { live: true, event: "SelectorRestored" } as const;
  return writing(patchService(service, { spec: { selector } }, "no copy can take a request yet", extra));
}
