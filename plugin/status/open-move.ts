/** The move of a Service that is not over, out of its note and the declarations. Pure. */
import type { Migration } from "../../shared/migration.ts";
import type { ClusterView, ServiceKey } from "../../shared/protocol/snapshot.ts";
import { findNote } from "../migrate/note.ts";
import { findStage } from "../migrate/progress.ts";
import type { MoveStatus } from "./model.ts";

/** The move that is open or was given up half-way; undefined if there is none. */
export function findOpenMove(key: ServiceKey, views: ReadonlyMap<string, ClusterView>): MoveStatus | undefined {
  const note = findNote(views);
  if (!note || note.phase === "done") return undefined;
  const { id, phase, from, to, strategy, started, by } = note;
  const stage = phase === "rollback" ? undefined : stageOf(note, key, views);
  return {
    id,
    phase,
    from: from.name,
    to: to.name,
    strategy,
    startedAt: new Date(started).toISOString(),
    ...(by === undefined ? {} : { by }),
    ...(stage ? { stage } : {}),
  };
}

/** A cluster that was not read may have declared anything. */
function stageOf(note: Migration, key: ServiceKey, views: ReadonlyMap<string, ClusterView>): MoveStatus["stage"] {
  const [from, to] = [note.from.name, note.to.name];
  if (![from, to].every((name) => views.get(name)?.listed)) return undefined;
  return findStage({ key, from, to, strategy: note.strategy }, { views });
}
