/**
 * The migration as one pure function: from how the clusters stand to the next action. It remembers nothing, so a second run,
 * from wherever, goes on where the first one stopped.
 */
import { ADOPT, MIGRATION, MIN_READY, MODE, SELECTOR, SUCCESSOR } from "../../shared/keys.ts";
import { annotation, type Service } from "../../shared/kube/objects.ts";
import { formatMigration, type Migration } from "../../shared/migration.ts";
import { parseAdopt } from "../../shared/protocol/declaration.ts";
import { takesPart } from "../../shared/protocol/roles.ts";
import { formatSelector } from "../../shared/selector.ts";
import { findLeftovers } from "./leftovers.ts";
import type { Move, StepName } from "./move.ts";
import { findUntold, ownNote, revise, wantNote } from "./note.ts";
import type { Annotations, Next, Situation, Write } from "./situation.ts";
import { fingerprintOf, pendingMode, validIn, wait, waitForUnread, waitsOf } from "./waits.ts";

/** The next action of a move. */
export function decideNext(move: Move, situation: Situation): Next {
  const stage = findStage(move, situation);
  const unread = waitForUnread(stage, situation);
  if (unread) return unread;
  switch (stage) {
    case "declare":
      return begin(move, situation);
    case "unite":
      return noteDown(move, situation) ?? unite(move, situation);
    default:
      return noteDown(move, situation) ?? drain(move, situation);
  }
}

/** Where the move stands, told from intents and from modes nobody has stamped yet. */
export function findStage(
  move: Pick<Move, "key" | "from" | "to" | "strategy">,
  { views }: Pick<Situation, "views">,
): "declare" | "unite" | "drain" {
  const [from, to] = [views.get(move.from), views.get(move.to)];
  const valid = validIn(move, views);
  if (pendingMode(to) === "source") return "drain";
  if (valid?.mode === "source" && valid.at === move.to) return "drain";
  if (move.strategy === "cutover") return pendingMode(from) === "receiver" ? "drain" : "declare";
  if (pendingMode(from) === "union") return "unite";
  const united = valid?.mode === "union" && from && to && takesPart(from, valid) && takesPart(to, valid);
  return united ? "unite" : "declare";
}

/** First `to` learns what it needs, then `from` gives the word: a take-over must never start without the former. */
function begin(move: Move, { views }: Situation): Next {
  const [from, to] = [views.get(move.from)?.service, views.get(move.to)?.service];
  if (!from || !to) {
    const cluster = from ? move.to : move.from;
    return wait("declare", [{ cluster, message: "has no such Service" }]);
  }
  const note = { [MIGRATION]: formatMigration(wantNote(move, views, false)) };
  const missing = missingFrom(to, { ...preparation(move), ...note });
  if (missing) return { kind: "write", step: "prepare", cluster: move.to, service: to, annotations: missing };
  const annotations = { ...declaration(move, from), ...note };
  return { kind: "write", step: "declare", cluster: move.from, service: from, annotations };
}

/** Both clusters carry the note of a move that is declared; a move somebody else carried to its end needs none any more. */
function noteDown(move: Move, { views }: Situation): Next | undefined {
  const found = ownNote(move, views);
  if (!found && findStage(move, { views }) === "drain") return undefined;
  const wanted = wantNote(move, views, true);
  return writeNote(wanted.phase === "done" ? "settle" : "prepare", wanted, move, views);
}

function writeNote(
  step: StepName,
  note: Migration,
  { from, to }: Pick<Move, "from" | "to">,
  views: Situation["views"],
): Write | undefined {
  const untold = findUntold(note, [to, from], views);
  if (!untold?.service) return undefined;
  const annotations = { [MIGRATION]: formatMigration(note) };
  return { kind: "write", step, cluster: untold.name, service: untold.service, annotations };
}

function unite(move: Move, situation: Situation): Next {
  const waits = waitsOf(move, situation);
  const { views, now } = situation;
  const service = views.get(move.to)?.service;
  if (waits.length > 0 || !service) return wait("unite", waits);
  if (move.holdMs > 0) {
    const note = wantNote(move, views, true);
    if (note.united === undefined) {
      return writeNote("hold", revise(note, { ...note, united: now }), move, views) ?? wait("hold", []);
    }
    // Clocks of machines differ: nobody waits longer than was asked for.
    const leftMs = note.united + move.holdMs - now;
    if (leftMs > 0) return { kind: "wait", step: "hold", waits: [], leftMs: Math.min(leftMs, move.holdMs) };
  }
  const annotations = { [MODE]: "source", ...preparation(move) };
  return { kind: "write", step: "source", cluster: move.to, service, annotations };
}

function drain(move: Move, situation: Situation): Next {
  const { views } = situation;
  const to = views.get(move.to)?.service;
  // Who sees that it waits for more pods than there will be may lower the number and go on. Absent means 1.
  if (to && (annotation(to, MIN_READY) ?? "1") !== move.minReady) {
    const annotations = { [MIN_READY]: move.minReady };
    return { kind: "write", step: "prepare", cluster: move.to, service: to, annotations };
  }
  const waits = waitsOf(move, situation);
  if (waits.length > 0) return wait("drain", waits);
  const leftovers = findLeftovers(move.to, views);
  if (leftovers.length > 0) return wait("drain", leftovers);
  const note = ownNote(move, views);
  const closing = note && writeNote("settle", revise(note, { ...note, phase: "done" }), move, views);
  return { kind: "arrived", fingerprint: fingerprintOf(views), ...(closing ? { closing } : {}) };
}

/** The annotations `to` needs before it takes over. */
export function preparation(move: Move): Annotations {
  return {
    [MIN_READY]: move.minReady,
    ...(move.selector === undefined ? {} : { [SELECTOR]: formatSelector(move.selector) }),
  };
}

/** The annotations that start the move, all in one patch: the stamp reads them together. */
export function declaration(move: Move, from: Service): Annotations {
  const adopted = [...new Set([...parseAdopt(annotation(from, ADOPT)), move.to])].join(",");
  return {
    [MODE]: move.strategy === "union" ? "union" : "receiver",
    ...(move.strategy === "cutover" ? { [SUCCESSOR]: move.to } : {}),
    ...(move.adopt ? { [ADOPT]: adopted } : {}),
  };
}

function missingFrom(service: Service, wanted: Annotations): Annotations | undefined {
  const missing = Object.entries(wanted).filter(([key, value]) => annotation(service, key) !== value);
  return missing.length ? Object.fromEntries(missing) : undefined;
}
