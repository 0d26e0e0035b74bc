/**
 * An intent is what a user declared by changing `syndicate-mode` on one Service. The latest one wins everywhere
 * (a last-writer-wins register), so two clusters can never end as receivers of each other.
 */
import * as v from "valibot";
import { OVERRIDE } from "./keys.ts";
import type { Mode } from "./mode.ts";

/** What all participants copy. `none` means the mode was removed at `at`. There is no intent "receiver": see `stampIntent`. */
export interface Intent {
  mode: "source" | "union" | "singular" | "none";
  /** Cluster that serves (`source`, `singular`, `none`) or declared (`union`). */
  at: string;
  /** The other cluster the declaration speaks of: where it was written if not at `at`, else the origin of a replica at `at`. */
  from?: string;
  /** Milliseconds since 1970; later beats earlier, ties go to the greater cluster name. */
  time: number;
  /** Further clusters whose own Service is taken along although it may carry no mode. */
  adopt?: string[];
  /** With a percentage as min-ready: endpoints that served elsewhere than at `at` when this was declared. */
  served?: number;
}

/** An intent as one Service stores it. `declared` is local: the modes this very object once declared itself. */
export interface IntentCopy extends Intent {
  declared?: Mode[];
}

/** The last instant a JavaScript Date can express; a later one cannot even be printed, so it is no time of ours. */
const LATEST_TIME_MS = 8_640_000_000_000_000;

/** Shape of an intent copy, wherever one is read: annotation, advice. Unknown fields are dropped. */
export const IntentSchema = v.object({
  mode: v.picklist(["source", "union", "singular", "none"]),
  at: v.pipe(v.string(), v.minLength(1)),
  from: v.exactOptional(v.pipe(v.string(), v.minLength(1))),
  time: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(LATEST_TIME_MS)),
  adopt: v.exactOptional(v.array(v.string())),
  served: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  declared: v.exactOptional(v.array(v.picklist(["source", "receiver", "union", "singular"]))),
});

/** The intent in an annotation value; undefined if absent or not one of ours (a damaged copy counts as none). */
export function parseIntent(text: string | undefined): IntentCopy | undefined {
  if (text === undefined) return undefined;
  try {
    const result = v.safeParse(IntentSchema, JSON.parse(text));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

/** The annotation value of an intent: keys in fixed order, so equal intents give equal text. */
export function formatIntent(intent: IntentCopy): string {
  const { mode, at, from, time, adopt, served, declared } = intent;
  return JSON.stringify({
    mode,
    at,
    ...(from === undefined ? {} : { from }),
    time,
    ...(adopt?.length ? { adopt } : {}),
    ...(served === undefined ? {} : { served }),
    ...(declared?.length ? { declared } : {}),
  });
}

/** Negative if `a` loses against `b`, positive if it wins, 0 if they are the same declaration. */
export function compareIntents(a: Intent, b: Intent): number {
  if (a.time !== b.time) return a.time - b.time;
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  return a.mode === b.mode ? 0 : a.mode < b.mode ? -1 : 1;
}

/** The latest of the given intents, undefined if there is none. */
export function latestIntent<T extends Intent>(intents: readonly (T | undefined)[]): T | undefined {
  let latest: T | undefined;
  for (const intent of intents) {
    if (intent && (!latest || compareIntents(intent, latest) > 0)) latest = intent;
  }
  return latest;
}

/** True if both are the same declaration; `declared` is local and does not count. */
export function sameIntent(a: Intent | undefined, b: Intent | undefined): boolean {
  return a !== undefined && b !== undefined && compareIntents(a, b) === 0;
}

/** The mode annotation that `cluster`'s participating Service carries under `intent`; undefined means absent. */
export function impliedMode(intent: Intent | undefined, cluster: string): Mode | undefined {
  if (!intent || intent.mode === "none") return undefined;
  if (intent.mode === "union") return "union";
  if (intent.at === cluster) return intent.mode;
  return intent.mode === "source" ? "receiver" : undefined;
}

/** An intent this far ahead of our clock is not trusted as "latest" without force: a clock is wrong somewhere. */
export const MAX_AHEAD_MS = 5 * 60 * 1000;

/** What is known where a mode was written. */
export interface Declaration {
  cluster: string;
  /** The mode written; undefined if it was removed. */
  mode: Mode | undefined;
  /** When, in milliseconds: now, or the time managedFields gives. */
  time: number;
  /** The latest intent visible in any cluster. */
  latest: Intent | undefined;
  /** Needed for `receiver`: the resolved successor. */
  successor?: string | undefined;
  /** Origin of this Service if it is a replica. */
  replicaOf?: string | undefined;
  adopt?: string[] | undefined;
  /** Clusters that `latest` names and that have not copied it yet: who was taken along is not left behind by the next word. */
  awaited?: readonly string[] | undefined;
  /** What is known to serve, see `Advice`; recorded for a `source`. */
  serving?: readonly { name: string; ready: number }[] | undefined;
  /** Accept a latest intent from the future. */
  force?: boolean | undefined;
}

export type Stamp = { ok: true; intent: Intent } | { ok: false; reason: "NoSuccessor" | "ClockAhead"; message: string };

/**
 * Normalises a declaration into an intent. `receiver` becomes "source at the successor", `singular` on a replica becomes
 * "singular at its origin", a removed mode becomes "none here". The time is always after the latest visible intent.
 */
export function stampIntent(declaration: Declaration): Stamp {
  const { cluster, mode, latest, successor, replicaOf } = declaration;
  if (latest && latest.time > declaration.time + MAX_AHEAD_MS && !declaration.force) {
    const ahead = new Date(latest.time).toISOString();
    const message = `the latest intent was stamped at ${ahead} by ${latest.at}, more than 5 minutes ahead of this clock; correct the clocks first, and if that intent is to be beaten all the same, declare with ${OVERRIDE}=${latest.time}`;
    return { ok: false, reason: "ClockAhead", message };
  }
  const time = Math.max(declaration.time, (latest?.time ?? 0) + 1);
  if (mode === undefined) return { ok: true, intent: { mode: "none", at: cluster, time } };
  if (mode === "receiver") {
    if (!successor) {
      const message =
        "no successor is known: no other readable cluster, or more than one, has this Service; name one in vmware.com/syndicate-successor";
      return { ok: false, reason: "NoSuccessor", message };
    }
    const served = servedElsewhere(declaration, successor);
    return {
      ok: true,
      intent: { mode: "source", at: successor, from: cluster, time, ...takeAlong(declaration, successor), ...served },
    };
  }
  if (mode === "singular" && replicaOf && replicaOf !== cluster) {
    return { ok: true, intent: { mode: "singular", at: replicaOf, from: cluster, time } };
  }
  // The origin of a replica is no stranger: it joins although it carries no mode itself.
  const from = replicaOf && replicaOf !== cluster ? { from: replicaOf } : {};
  const served = mode === "source" ? servedElsewhere(declaration, cluster) : {};
  return { ok: true, intent: { mode, at: cluster, ...from, time, ...takeAlong(declaration, cluster), ...served } };
}

/** Whom a declaration names besides `at` and `from`: the adopted, a replica's origin, whom the latest intent named in vain. */
function takeAlong(declaration: Declaration, at: string): { adopt?: string[] } {
  const { cluster, mode, adopt = [], replicaOf, awaited = [] } = declaration;
  // `from` of a receiver is the declarer itself, of everything else the origin.
  const from = mode === "receiver" ? cluster : replicaOf;
  const origin = replicaOf ? [replicaOf] : [];
  const implied =
    mode === "singular" ? [] : [...origin, ...awaited].filter((name) => ![at, cluster, from].includes(name));
  const names = [...new Set([...adopt, ...implied])];
  return names.length ? { adopt: names } : {};
}

function servedElsewhere({ serving }: Declaration, at: string): { served?: number } {
  const counts = (serving ?? []).filter(({ name }) => name !== at).map(({ ready }) => ready);
  return counts.length ? { served: Math.max(...counts) } : {};
}

/** The copy a Service stores of `intent`, keeping what it declared itself before and adding `declared` if given. */
export function copyIntent(intent: Intent, previous: IntentCopy | undefined, declared?: Mode): IntentCopy {
  const { declared: _others, ...said } = intent as IntentCopy;
  const modes = new Set([...(previous?.declared ?? []), ...(declared ? [declared] : [])]);
  return { ...said, ...(modes.size ? { declared: [...modes] } : {}) };
}
