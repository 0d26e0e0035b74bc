/** Whether a changed mode is a declaration, and the intent that one is stamped with. */

import { resolveSuccessor, type Successor } from "../advice.ts";
import {
  copyIntent,
  formatIntent,
  type Intent,
  type IntentCopy,
  impliedMode,
  latestIntent,
  MAX_AHEAD_MS,
  type Stamp,
  stampIntent,
} from "../intent.ts";
import { ADOPT, INTENT, SUCCESSOR } from "../keys.ts";
import { annotation } from "../kube/objects.ts";
import { type Mode, parseMode } from "../mode.ts";
import { overrides, parseAdopt } from "../protocol/declaration.ts";
import { countsShare } from "../protocol/readiness.ts";
import { isDropped, isReapply } from "./reapply.ts";
import {
  asChange,
  type Change,
  changesMode,
  intentCopy,
  isShadow,
  modeText,
  replicaOf,
  type Situation,
} from "./request.ts";

/** What a request does to the mode. */
export type ModeChange =
  /** The mode stays as it is. */
  | { kind: "none" }
  /** The word written is no mode. */
  | { kind: "unknown"; word: string }
  /** The mode becomes what the Service's intent copy implies anyway: a repair or a restored backup, no new wish. */
  | { kind: "implied"; mode: Mode | undefined }
  /** An old manifest applied again; undefined: one that has lost its mode, which this Service must keep. */
  | { kind: "reapplied"; mode: Mode | undefined }
  /** A wish; undefined: the mode was removed. */
  | { kind: "declared"; mode: Mode | undefined };

/** Reads the request's change of mode. Shadows have no mode to change. */
export function readModeChange(change: Change): ModeChange {
  if (isShadow(change.old) || !changesMode(change)) return { kind: "none" };
  const text = modeText(change.object);
  const mode = parseMode(text);
  if (text !== undefined && !mode) return { kind: "unknown", word: text };
  const copy = change.old ? intentCopy(change.old) : carriedIntent(change);
  if (copy && impliedMode(copy, change.settings.cluster) === mode) return { kind: "implied", mode };
  // Taking away a word that nobody ever stamped takes nothing back: no cluster has followed it.
  if (!mode && !copy) return { kind: "implied", mode };
  if (mode ? isReapply(change) : isDropped(change)) return { kind: "reapplied", mode };
  return { kind: "declared", mode };
}

/** Longest word repeated: annotations may hold 256 KiB. */
const MAX_WORD = 32;

/** What a request does to the mode in one phrase, such as `declared: source -> receiver`; undefined if nothing. */
export function describeModeChange(situation: Situation): string | undefined {
  const change = asChange(situation);
  const kind = change && readModeChange(change).kind;
  if (!kind || kind === "none") return undefined;
  const [from, to] = [change.old, change.object].map((service) => modeText(service)?.slice(0, MAX_WORD) ?? "absent");
  return `${kind}: ${from} -> ${to}`;
}

/**
 * The intent copy a Service is created with, if it can be believed; undefined on UPDATE.
 *
 * A restored backup carries the mode and the copy it had. Dropping the copy would make the sync process take the old
 * mode for a new wish and turn back whatever happened since, so the copy stays, under three conditions that leave a
 * forger nothing: it implies exactly the mode written; it is not from the future, so every later declaration beats it;
 * and it says no more than a declaration made now could say. Who is right is then settled between the clusters' copies.
 */
export function carriedIntent({ object, old, settings, now, advice }: Change): IntentCopy | undefined {
  const copy = old ? undefined : intentCopy(object);
  if (!copy) return undefined;
  const mode = modeText(object);
  if (impliedMode(copy, settings.cluster) !== mode || (mode === undefined && copy.mode !== "none")) return undefined;
  const latest = advice === "unavailable" ? 0 : (advice.latest?.time ?? 0);
  const newest = Math.min(Math.max(now, latest + 1), now + MAX_AHEAD_MS);
  return copy.time <= newest ? copy : undefined;
}

/** The latest intent known here: in any cluster if the sync process answered, else the Service's own copy. */
export function latestKnown({ old, advice }: Change): Intent | undefined {
  return latestIntent<Intent>([advice === "unavailable" ? undefined : advice.latest, intentCopy(old)]);
}

/**
 * The cluster that takes over if this Service becomes `receiver`. Without the sync process's answer a successor named in
 * the annotation is believed, and none can be found otherwise (docs/protocol.md: an unresolvable successor is refused).
 */
export function findSuccessor({ object, settings, advice }: Change): Successor {
  const named = annotation(object, SUCCESSOR)?.trim() || undefined;
  if (advice !== "unavailable") return resolveSuccessor(advice, settings.cluster, named);
  if (named === undefined) {
    const message = `the sync process did not answer, so no successor could be looked up; name one in ${SUCCESSOR}`;
    return { ok: false, message };
  }
  if (named === settings.cluster) return { ok: false, message: `successor "${named}" is this cluster itself` };
  return { ok: true, cluster: named };
}

/** The intent that declaring `mode` on this Service now makes; not ok if it cannot be one, with the reason. */
export function stampDeclaration(change: Change, mode: Mode | undefined): Stamp {
  const successor = mode === "receiver" ? findSuccessor(change) : undefined;
  return stampIntent({
    cluster: change.settings.cluster,
    mode,
    time: change.now,
    latest: latestKnown(change),
    successor: successor?.ok ? successor.cluster : undefined,
    replicaOf: replicaOf(change.old),
    adopt: parseAdopt(annotation(change.object, ADOPT)),
    awaited: change.advice === "unavailable" ? undefined : change.advice.awaited,
    force: overrides(change.object, latestKnown(change)),
    serving: change.advice !== "unavailable" && countsShare(change.object) ? change.advice.clusters : undefined,
  });
}

/**
 * The intent annotation of a declaration. If the request already carries what an earlier round of this very request
 * stamped (the API server calls again after other webhooks, with a later clock), that text stays: same declaration, a
 * time after every other one and not in the future. Undefined if it cannot be stamped; validation says why.
 */
export function stampText(change: Change, mode: Mode | undefined): string | undefined {
  const stamp = stampDeclaration(change, mode);
  if (!stamp.ok) return undefined;
  const copy = copyIntent(stamp.intent, intentCopy(change.old), mode);
  const carried = intentCopy(change.object);
  if (carried && carried.time < copy.time && carried.time > (latestKnown(change)?.time ?? 0)) {
    const earlier = formatIntent({ ...copy, time: carried.time });
    if (annotation(change.object, INTENT) === earlier) return earlier;
  }
  return formatIntent(copy);
}
