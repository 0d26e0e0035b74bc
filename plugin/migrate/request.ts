/** The move out of what the user asked for, what an earlier run noted, and what the clusters hold. Pure. */
import { MIN_READY } from "../../shared/keys.ts";
import { annotation } from "../../shared/kube/objects.ts";
import { isOpen, type Migration } from "../../shared/migration.ts";
import { contribution } from "../../shared/protocol/contribution.ts";
import type { ClusterView, ServiceKey } from "../../shared/protocol/snapshot.ts";
import { countReady } from "../../shared/protocol/usable.ts";
import { CliError } from "../exit.ts";
import type { SideFacts } from "./facts.ts";
import type { Move, Ticket } from "./move.ts";
import { findNote } from "./note.ts";
import type { MigrateOptions } from "./options.ts";
import { findStage } from "./progress.ts";

/** What makes a new ticket; an id that a plan brought along is kept. */
export interface Start {
  id: string;
  /** Milliseconds since 1970. */
  now: number;
  by: string | undefined;
}

/** What is known besides the flags. */
export interface Ground {
  key: ServiceKey;
  from: SideFacts;
  to: SideFacts;
  views: ReadonlyMap<string, ClusterView>;
  /** The pods that serve now belong to a StatefulSet. */
  stateful: boolean;
  start: Start;
}

/** The note of the same move if it was begun and not ended: the move then goes on under that note. */
export function findBegun({ from, to, views }: Pick<Ground, "from" | "to" | "views">): Migration | undefined {
  const note = findNote(views);
  const same = note?.from.uid === from.uid && note.to.uid === to.uid;
  return note && same && ["running", "aborted"].includes(note.phase) ? note : undefined;
}

/** A note that stands in the way: of another open move, or of this one on its way back. */
export function findObstacle(ground: Pick<Ground, "from" | "to" | "views">): Migration | undefined {
  const note = findNote(ground.views);
  return note && isOpen(note) && !findBegun(ground) ? note : undefined;
}

/** The move, with what the user left open filled in. Throws `CliError` if flags do not go together. */
export function makeMove(
  options: Pick<MigrateOptions, "strategy" | "selector" | "minReady" | "holdMs" | "adopt">,
  ground: Ground,
): Move {
  const { key, from, to, views, stateful } = ground;
  const begun = findBegun(ground);
  const headless = views.get(from.cluster)?.service?.spec.clusterIP === "None";
  const strategy = options.strategy ?? begun?.strategy ?? (headless || stateful ? "cutover" : "union");
  const holdMs = options.holdMs ?? begun?.holdMs ?? 0;
  if (holdMs > 0 && strategy === "cutover") {
    throw new CliError("--hold lets both clusters serve: it goes with --strategy union alone, not with a cutover");
  }
  const selector = options.selector ?? begun?.selector;
  const move: Move = {
    key,
    from: from.cluster,
    to: to.cluster,
    strategy,
    adopt: options.adopt || (begun?.adopt ?? false),
    minReady: "1",
    holdMs,
    ...(selector ? { selector } : {}),
    ticket: makeTicket(ground, begun),
  };
  return { ...move, minReady: options.minReady ?? begun?.minReady ?? defaultMinReady(move, views) };
}

function makeTicket({ from, to, views, start }: Ground, begun: Migration | undefined): Ticket {
  if (begun) return ticketOf(begun);
  const { id, now, by } = start;
  // The later start counts. A laptop whose clock is ahead may have left a note from the future.
  const started = Math.max(now, (findNote(views)?.started ?? 0) + 1);
  const places = { from: { name: from.cluster, uid: from.uid }, to: { name: to.cluster, uid: to.uid } };
  return { id, started, revision: 0, ...(by === undefined ? {} : { by }), ...places };
}

/** The ticket to go on with a noted move. */
export function ticketOf({ id, started, revision, by, from, to }: Migration): Ticket {
  return { id, started, revision, ...(by === undefined ? {} : { by }), from, to };
}

/** What an earlier run wrote, so that a second one does not count pods that are on their way out; else what serves now. */
function defaultMinReady(move: Move, views: ReadonlyMap<string, ClusterView>): string {
  const to = views.get(move.to)?.service;
  const noted = to && annotation(to, MIN_READY);
  const stage = findStage(move, { views });
  if (noted !== undefined && stage !== "declare") return noted;
  if (stage === "drain") return "1";
  const from = views.get(move.from);
  return String(Math.max(1, from?.service ? countReady(contribution(from).slices, from.service) : 0));
}
