/**
 * The way back as one pure function: from the note of a move and from how the clusters stand to the next action. Traffic goes
 * first (`source` where it was), then everything else becomes what the note says it was.
 */
import { type Intent, sameIntent } from "../../shared/intent.ts";
import { MIGRATION, MIN_READY, MODE } from "../../shared/keys.ts";
import { annotation } from "../../shared/kube/objects.ts";
import { type Before, formatMigration, type Migration } from "../../shared/migration.ts";
import { replicaOf } from "../../shared/protocol/contribution.ts";
import { intentOf } from "../../shared/protocol/roles.ts";
import type { ServiceKey } from "../../shared/protocol/snapshot.ts";
import { CliError } from "../exit.ts";
import { findLeftovers } from "./leftovers.ts";
import type { StepName, Ticket } from "./move.ts";
import { findNote, findUntold, noteOf, RESTORED_KEYS, revise } from "./note.ts";
import type { Annotations, Next, Situation, Wait, Write } from "./situation.ts";
import { fingerprintOf, latestIn, type Pairing, pendingMode, wait, waitForUnread, waitsOf } from "./waits.ts";

/** A move to be undone, or to be left as it stands. */
export interface Return {
  key: ServiceKey;
  from: string;
  to: string;
  ticket: Ticket;
  /** The note as it was when the user gave their word. */
  note: Migration;
  /** Endpoints that must be ready in `from` before `to` lets go. */
  minReady: string;
}

/**
 * The mode `from` ends with: the one it had. Without a mode two own Services would serve apart: where `to` had its own, `from`
 * stays `source`.
 */
export function finalMode({ before }: Migration): string | undefined {
  return before.from.annotations[MODE] ?? (before.to.replicaOf === undefined ? "source" : undefined);
}

/** Steps of a rollback, in order. `restoreMode` is none where `from` ends as `source`. */
export function stepsBack({ note }: Pick<Return, "note">): readonly StepName[] {
  const remains = finalMode(note) === "source";
  return ["claim", "takeBack", "return", ...(remains ? [] : (["restoreMode"] as const)), "restore", "settle"];
}

/** The next action of a rollback. Throws `CliError` if somebody has declared something else since. */
export function decideReturn(back: Return, situation: Situation): Next {
  const { views } = situation;
  const unread = waitForUnread("claim", situation);
  if (unread) return unread;
  const note = findNote(views);
  const stage = findStageBack(back, situation);
  if (stage === "foreign") throw foreign(back, situation);
  const claim = note?.id === back.ticket.id && claimFor(back, note, stage === "restore", situation);
  if (claim) return claim;
  switch (stage) {
    case "takeBack":
      return takeBack(back, situation);
    case "return":
      return settleBack(back, situation);
    case "restoreMode":
      return restoreMode(back, situation);
    case "restore":
      return restore(back, situation);
  }
}

type StageBack = "takeBack" | "return" | "restoreMode" | "restore" | "foreign";

/** Told from the declaration in force: the one before the move, one of the move's own, or one of the way back. */
function findStageBack(back: Return, situation: Situation): StageBack {
  const { views } = situation;
  const { note, from, to } = back;
  const latest = latestIn(back, views);
  const mode = finalMode(note);
  if (pendingMode(views.get(from)) === "source") return "return";
  const pending = [views.get(from), views.get(to)].some((view) => pendingMode(view) !== undefined);
  if (isBefore(latest, note)) return pending ? "takeBack" : "restore";
  if (latest?.at === to && latest.mode === "source") return "takeBack";
  if (latest?.at !== from || latest.mode === "singular") return "foreign";
  if (latest.mode === "source") return stageTakenBack(back, situation, mode);
  return (latest.mode === "none" ? undefined : latest.mode) === mode ? "restore" : "takeBack";
}

function stageTakenBack(back: Return, situation: Situation, mode: string | undefined): StageBack {
  const end = mode === "source" ? "restore" : "restoreMode";
  if (pendingMode(situation.views.get(back.from)) !== undefined) return end;
  return waitsBack(back, situation).length > 0 ? "return" : end;
}

function isBefore(latest: Intent | undefined, { intent }: Migration): boolean {
  if (!latest || !intent) return latest === undefined && intent === undefined;
  return latest.time === intent.time && latest.at === intent.at && latest.mode === intent.mode;
}

function foreign(back: Return, { views }: Situation): CliError {
  const { namespace, name } = back.key;
  const latest = latestIn(back, views);
  const what = latest ? `${latest.mode} in ${latest.at}` : "something else";
  return new CliError(`somebody has declared ${what} for ${namespace}/${name} since: that is not taken back`, {
    next: `kubectl syndicate status ${name} -n ${namespace}`,
  });
}

/** Both Services say that the move is rolled back, before anything is: whoever drives it elsewhere stops. */
function claimFor(back: Return, note: Migration, isLast: boolean, { views }: Situation): Write | undefined {
  const wanted = revise(note, { ...note, phase: "rollback" });
  const done = isLast && isRestored(back, back.to, { views });
  const untold = findUntold(wanted, done ? [back.from] : [back.to, back.from], views);
  if (!untold?.service) return undefined;
  const annotations = { [MIGRATION]: formatMigration(wanted) };
  return { kind: "write", step: "claim", cluster: untold.name, service: untold.service, annotations };
}

function takeBack(back: Return, { views }: Situation): Next {
  const [from, to] = [views.get(back.from), views.get(back.to)];
  const service = from?.service;
  if (!service) return wait("takeBack", [{ cluster: back.from, message: "has no such Service any more" }]);
  // Two declarations at once would be told apart by clocks alone.
  const pending = pendingMode(to);
  if (pending) {
    return wait("takeBack", [{ cluster: back.to, message: `mode ${pending} is not taken up by its sync process yet` }]);
  }
  if (annotation(service, MODE) === "source" && !sameIntent(intentOf(from), latestIn(back, views))) {
    return wait("takeBack", [{ cluster: back.from, message: "has not taken over the latest intent yet" }]);
  }
  const annotations = { [MODE]: "source", [MIN_READY]: back.minReady };
  return { kind: "write", step: "takeBack", cluster: back.from, service, annotations };
}

/** What the way back still waits for before the mode may be what it was. */
function waitsBack(back: Return, situation: Situation): Wait[] {
  const waits = waitsOf(back, situation);
  if (waits.length > 0) return waits;
  const { replicaOf: origin } = back.note.before.to;
  const service = situation.views.get(back.to)?.service;
  if (origin !== undefined && service && replicaOf(service) !== origin) {
    return [{ cluster: back.to, message: `is to become the replica of ${origin} again` }];
  }
  return findLeftovers(back.from, situation.views);
}

function settleBack(back: Return, situation: Situation): Next {
  const service = situation.views.get(back.from)?.service;
  // Who sees that it waits for more pods than there will be may lower the number.
  if (service && noteOf(service) && annotation(service, MIN_READY) !== back.minReady) {
    const annotations = { [MIN_READY]: back.minReady };
    return { kind: "write", step: "return", cluster: back.from, service, annotations };
  }
  return wait("return", waitsBack(back, situation));
}

function restoreMode(back: Return, { views }: Situation): Next {
  const view = views.get(back.from);
  const mode = finalMode(back.note) ?? null;
  if (!view?.service) return wait("restoreMode", [{ cluster: back.from, message: "has no such Service any more" }]);
  if (pendingMode(view) !== undefined) {
    return wait("restoreMode", [{ cluster: back.from, message: "its mode is not taken up by its sync process yet" }]);
  }
  return {
    kind: "write",
    step: "restoreMode",
    cluster: back.from,
    service: view.service,
    annotations: { [MODE]: mode },
  };
}

/** `to` first: as long as the note is on `from`, a rollback that was cut off here is found again. */
function restore(back: Return, situation: Situation): Next {
  const waits = waitsOf(back, situation);
  if (waits.length > 0) return wait("restore", waits);
  for (const cluster of [back.to, back.from]) {
    const service = situation.views.get(cluster)?.service;
    const changes = service && changesFor(back, cluster, situation);
    if (changes) return { kind: "write", step: "restore", cluster, service, annotations: changes };
  }
  return { kind: "arrived", fingerprint: fingerprintOf(situation.views) };
}

function isRestored(back: Return, cluster: string, situation: Pick<Situation, "views">): boolean {
  return changesFor(back, cluster, situation) === undefined;
}

/** Annotations that differ from what the note says; the mode is not among them: it is declared, never put. */
function changesFor(back: Return, cluster: string, { views }: Pick<Situation, "views">): Annotations | undefined {
  const service = views.get(cluster)?.service;
  if (!service) return undefined;
  const before: Before = cluster === back.from ? back.note.before.from : back.note.before.to;
  const changed = RESTORED_KEYS.filter((key) => key !== MODE)
    .filter((key) => annotation(service, key) !== before.annotations[key])
    .map((key) => [key, before.annotations[key] ?? null] as const);
  const note = noteOf(service)?.id === back.ticket.id ? { [MIGRATION]: null } : {};
  const changes = { ...Object.fromEntries(changed), ...note };
  return Object.keys(changes).length ? changes : undefined;
}

/** The next action of an abort: the note of both Services says so, nothing else changes. */
export function decideAbort(pair: Pairing & Pick<Return, "ticket">, situation: Situation): Next {
  const unread = waitForUnread("claim", situation);
  if (unread) return unread;
  const { views } = situation;
  const note = findNote(views);
  if (!note || note.id !== pair.ticket.id) return { kind: "arrived", fingerprint: "" };
  const aborted = revise(note, { ...note, phase: "aborted" });
  const untold = findUntold(aborted, [pair.to, pair.from], views);
  if (!untold?.service) return { kind: "arrived", fingerprint: "" };
  const annotations = { [MIGRATION]: formatMigration(aborted) };
  return { kind: "write", step: "claim", cluster: untold.name, service: untold.service, annotations };
}
