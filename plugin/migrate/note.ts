/** The note of a move on the Service in both clusters: made, found, and kept equal. Pure. */
import { type Intent, latestIntent } from "../../shared/intent.ts";
import { ADOPT, MIGRATION, MIN_READY, MODE, SELECTOR, SUCCESSOR } from "../../shared/keys.ts";
import { annotation, type Service } from "../../shared/kube/objects.ts";
import {
  type Before,
  formatMigration,
  latestMigration,
  type Migration,
  parseMigration,
} from "../../shared/migration.ts";
import { contribution, replicaOf } from "../../shared/protocol/contribution.ts";
import { intentOf } from "../../shared/protocol/roles.ts";
import type { ClusterView } from "../../shared/protocol/snapshot.ts";
import { countReady } from "../../shared/protocol/usable.ts";
import type { Move } from "./move.ts";

/** The annotations a move writes besides its note: what a rollback puts back. */
export const RESTORED_KEYS: readonly string[] = [MODE, SUCCESSOR, ADOPT, SELECTOR, MIN_READY];

type Views = ReadonlyMap<string, ClusterView>;

/** The note on one Service. */
export function noteOf(service: Service | undefined): Migration | undefined {
  return service && parseMigration(annotation(service, MIGRATION));
}

/** The note that counts among those of all clusters. */
export function findNote(views: Views): Migration | undefined {
  return latestMigration([...views.values()].map(({ service }) => noteOf(service)));
}

/** The note of this very move. */
export function ownNote({ ticket }: Pick<Move, "ticket">, views: Views): Migration | undefined {
  const found = findNote(views);
  return found?.id === ticket.id ? found : undefined;
}

/** What a move will change of a cluster's Service, as it is now. */
export function captureBefore(view: ClusterView | undefined): Before {
  const service = view?.service;
  const kept = RESTORED_KEYS.flatMap((key) => {
    const value = service && annotation(service, key);
    return value === undefined ? [] : [[key, value] as const];
  });
  const origin = replicaOf(service);
  const ready = view && service ? countReady(contribution(view).slices, service) : 0;
  return { annotations: Object.fromEntries(kept), ...(origin === undefined ? {} : { replicaOf: origin }), ready };
}

/**
 * The note a running move wants on both Services. `from` gets it together with the declaration: until then it is noted as it
 * is now, for somebody may have changed it since, and never again after. `declared`: the declaration is in force; if somebody
 * else's has taken its place, time served together does not count.
 */
export function wantNote(move: Move, views: Views, declared: boolean): Migration {
  const mine = ownNote(move, views);
  const begun = declared || noteOf(views.get(move.from)?.service)?.id === move.ticket.id;
  const { ticket, strategy, minReady, selector, adopt, holdMs } = move;
  const { id, started, by, from, to } = ticket;
  const intent: Intent | undefined = latestIntent([...views.values()].map(intentOf));
  const fresh = {
    before: { from: captureBefore(views.get(move.from)), to: captureBefore(views.get(move.to)) },
    ...(intent ? { intent: { mode: intent.mode, at: intent.at, time: intent.time } } : {}),
  };
  const kept = mine && {
    before: { from: begun ? mine.before.from : fresh.before.from, to: mine.before.to },
    ...(declared && mine.united !== undefined ? { united: mine.united } : {}),
  };
  const { intent: then } = (begun && mine) || fresh;
  const wanted: Migration = {
    id,
    started,
    revision: mine?.revision ?? Math.max(1, ticket.revision),
    phase: mine?.phase === "done" ? "done" : "running",
    ...(by === undefined ? {} : { by }),
    from,
    to,
    strategy,
    minReady,
    ...(selector === undefined ? {} : { selector: { ...selector } }),
    adopt,
    holdMs,
    ...(then ? { intent: then } : {}),
    ...(kept ?? { before: fresh.before }),
  };
  return mine ? revise(mine, wanted) : wanted;
}

/** `changed`, counted as a new version if it differs from `note`. */
export function revise(note: Migration, changed: Migration): Migration {
  const same = formatMigration({ ...changed, revision: note.revision }) === formatMigration(note);
  return same ? note : { ...changed, revision: note.revision + 1 };
}

/** The first of the clusters whose Service lacks this note. */
export function findUntold(note: Migration, clusters: readonly string[], views: Views): ClusterView | undefined {
  const text = formatMigration(note);
  return clusters
    .flatMap((name) => views.get(name) ?? [])
    .find(({ service }) => service && annotation(service, MIGRATION) !== text);
}
