/**
 * Modes that were written while no webhook stamped them. The sync process stamps them itself, by the same table, with the
 * time at which the API server says the mode was written.
 */
import { type Advice, resolveSuccessor } from "../advice.ts";
import {
  copyIntent,
  formatIntent,
  type Intent,
  type IntentCopy,
  impliedMode,
  MAX_AHEAD_MS,
  stampIntent,
} from "../intent.ts";
import {
  ADOPT,
  APPLYING_MANAGERS,
  EDITING_MANAGERS,
  INTENT,
  LAST_APPLIED,
  MODE,
  OVERRIDE,
  SUCCESSOR,
} from "../keys.ts";
import { annotation, type ManagedFieldsEntry, type Service } from "../kube/objects.ts";
import { type Mode, parseMode, suggestMode } from "../mode.ts";
import { judgeTransition } from "../transitions.ts";
import { adviseOn } from "./advise.ts";
import { isOwn, replicaOf } from "./contribution.ts";
import { countsShare } from "./readiness.ts";
import { intentOf, isExempt, latestVisible } from "./roles.ts";
import { ownView, type Snapshot } from "./snapshot.ts";
import { patchService, type Step, writing } from "./write.ts";

/** The step a mode asks for that nobody stamped yet; undefined if the mode is the one the intent copy implies. */
export function stepDeclaration(snapshot: Snapshot): Step | undefined {
  const own = ownView(snapshot);
  const { service } = own;
  if (!service || isExempt(service)) return undefined;
  const text = annotation(service, MODE);
  const copy = intentOf(own);
  const implied = impliedMode(copy, own.name);
  const mode = parseMode(text);
  if (text === implied) {
    if (!mode || !copy || !adoptsMore(service, copy, own.name)) return undefined;
    const step = stamp(snapshot, service, mode, copy);
    // Refused or outdone it would be put back to what it is: a write without end that changes nothing.
    return step.writes.some(({ event }) => event === "IntentDeclared") ? step : undefined;
  }
  if (text !== undefined && !mode) return putBack(service, implied, `"${text}" is no mode${didYouMean(text)}`);
  const refusal = refuse(snapshot, implied, mode);
  if (refusal) return putBack(service, implied, refusal);
  if (isReapplied(service, mode, copy)) return putBack(service, implied, `"${text}" was applied before and is outdone`);
  return stamp(snapshot, service, mode, copy);
}

function didYouMean(text: string): string {
  const suggestion = suggestMode(text);
  return suggestion ? `, did you mean "${suggestion}"?` : "";
}

function refuse(snapshot: Snapshot, from: Mode | undefined, to: Mode | undefined): string | undefined {
  const verdict = judgeTransition(from ?? "absent", to ?? "absent");
  if (!verdict.legal) return `${from ?? "absent"} to ${to ?? "absent"}: ${verdict.because}; ${verdict.instead}`;
  if (verdict.need !== "oneOwn") return undefined;
  const owns = [...snapshot.clusters.values()].filter((view) => isOwn(view.service)).map((view) => view.name);
  return owns.length > 1
    ? `the mode cannot be removed while ${owns.join(" and ")} have an own Service each`
    : undefined;
}

/** Git must not undo a migration: a manifest applied once more says nothing new. */
function isReapplied(service: Service, mode: Mode | undefined, copy: IntentCopy | undefined): boolean {
  if (!mode || !copy?.declared?.includes(mode)) return false;
  const writers = lastWriters(service);
  if (writers.some(({ manager, operation }) => operation === "Apply" || APPLYING_MANAGERS.has(manager ?? "")))
    return true;
  if (writers.some(({ manager }) => EDITING_MANAGERS.has(manager ?? ""))) return false;
  try {
    const applied: unknown = JSON.parse(annotation(service, LAST_APPLIED) ?? "null");
    const metadata = (applied as { metadata?: { annotations?: Record<string, unknown> } } | null)?.metadata;
    return metadata?.annotations?.[MODE] === mode;
  } catch {
    return false;
  }
}

/** Who wrote the mode last, as managedFields tells. */
function lastWriters(service: Service): ManagedFieldsEntry[] {
  const time = writtenAt(service);
  return (service.metadata.managedFields ?? []).filter(
    ({ time: written, fieldsV1 }) => ownsMode(fieldsV1) && Date.parse(written ?? "") === time,
  );
}

function putBack(service: Service, mode: Mode | undefined, why: string): Step {
  const patch = { metadata: { annotations: { [MODE]: mode ?? null } } };
  return writing(patchService(service, patch, `mode put back: ${why}`, { event: "Refused" }));
}

function stamp(snapshot: Snapshot, service: Service, mode: Mode | undefined, copy: IntentCopy | undefined): Step {
  const latest = latestVisible(snapshot);
  const again = impliedMode(copy, snapshot.own) === mode;
  const written = (again ? undefined : writtenAt(service)) ?? snapshot.now;
  const clockIsWrong = latest !== undefined && latest.time > snapshot.now + MAX_AHEAD_MS;
  const force = clockIsWrong && overrides(service, latest);
  if (latest && !clockIsWrong && isOutdone(written, latest)) {
    // The winner is copied by the next pass; here the mode only stops looking like a declaration.
    const patch = { metadata: { annotations: { [MODE]: impliedMode(copy, snapshot.own) ?? null } } };
    const why = `outdone by ${latest.mode} at ${latest.at}`;
    return writing(patchService(service, patch, why, { event: "Superseded" }));
  }
  const advice = adviseOn(snapshot);
  const result = stampIntent({
    cluster: snapshot.own,
    mode,
    latest,
    time: clockIsWrong ? snapshot.now : written,
    successor: successorOf(advice, service, mode),
    replicaOf: replicaOf(service),
    adopt: parseAdopt(annotation(service, ADOPT)),
    awaited: advice.awaited,
    force,
    serving: countsShare(service) ? advice.clusters : undefined,
  });
  // Left standing, it would block what others declare; put back, it is what admission would have made of it.
  if (!result.ok) return putBack(service, impliedMode(copy, snapshot.own), result.message);
  const intent = formatIntent(copyIntent(result.intent, copy, mode));
  const why = `declares ${mode ?? "no mode"}`;
  return writing(
    patchService(service, { metadata: { annotations: { [INTENT]: intent } } }, why, { event: "IntentDeclared" }),
  );
}

/** True if the declarer says that this very intent, whose time is wrong, is to be beaten: its time as a number. */
export function overrides(service: Service, latest: Intent | undefined): boolean {
  return latest !== undefined && annotation(service, OVERRIDE)?.trim() === String(latest.time);
}

/** The declarer named further clusters to take along: the same wish, said again with them. */
function adoptsMore(service: Service, copy: IntentCopy, own: string): boolean {
  if (copy.at !== own && copy.from !== own) return false;
  return parseAdopt(annotation(service, ADOPT)).some((name) => !copy.adopt?.includes(name));
}

/** managedFields has whole seconds: within the same second the declaration counts as the later one. */
function isOutdone(written: number, latest: Intent): boolean {
  return Math.floor(written / 1000) < Math.floor(latest.time / 1000);
}

function successorOf(advice: Advice, service: Service, mode: Mode | undefined): string | undefined {
  if (mode !== "receiver") return undefined;
  const found = resolveSuccessor(advice, advice.cluster, annotation(service, SUCCESSOR));
  return found.ok ? found.cluster : undefined;
}

/** The clusters in a comma list. */
export function parseAdopt(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
}

/** When the mode annotation was written last, as managedFields tells; undefined if it does not. Milliseconds. */
export function writtenAt(service: Service): number | undefined {
  const times = (service.metadata.managedFields ?? [])
    .filter((entry) => ownsMode(entry.fieldsV1))
    .map((entry) => Date.parse(entry.time ?? ""))
    .filter((time) => !Number.isNaN(time));
  return times.length ? Math.max(...times) : undefined;
}

/** True if a managedFields entry holds the mode annotation. */
export function ownsMode(fields: Record<string, unknown> | undefined): boolean {
  const metadata = fields?.["f:metadata"] as Record<string, unknown> | undefined;
  const annotations = metadata?.["f:annotations"] as Record<string, unknown> | undefined;
  return annotations !== undefined && Object.hasOwn(annotations, `f:${MODE}`);
}
