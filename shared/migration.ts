/**
 * The note that `kubectl syndicate migrate` leaves on the Service in both clusters of a move. It holds what the clusters cannot
 * tell by themselves: who is on the way where, and what was before. How far a move has come is told from the clusters alone.
 */
import * as v from "valibot";

const NAME = v.pipe(v.string(), v.minLength(1));
const TIME = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const PlaceSchema = v.object({ name: NAME, uid: NAME });

const BeforeSchema = v.object({
  annotations: v.record(v.string(), v.string()),
  replicaOf: v.exactOptional(NAME),
  ready: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});

const MigrationSchema = v.object({
  id: NAME,
  started: TIME,
  revision: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  phase: v.picklist(["running", "rollback", "aborted", "done"]),
  by: v.exactOptional(v.string()),
  from: PlaceSchema,
  to: PlaceSchema,
  strategy: v.picklist(["union", "cutover"]),
  minReady: NAME,
  selector: v.exactOptional(v.record(v.string(), v.string())),
  adopt: v.boolean(),
  holdMs: TIME,
  united: v.exactOptional(TIME),
  intent: v.exactOptional(v.object({ mode: v.string(), at: NAME, time: TIME })),
  before: v.object({ from: BeforeSchema, to: BeforeSchema }),
});

/** A cluster: the name its peers know it by, and the uid of its namespace kube-system, which no other cluster has. */
export interface Place {
  name: string;
  uid: string;
}

/** What a move changes of one Service, as it was. */
export interface Before {
  /** Those of our annotations that a move writes; absent ones are left out. */
  annotations: Record<string, string>;
  /** The cluster it stood for, if it was a replica. */
  replicaOf?: string;
  /** Endpoints of its own pods that were ready. */
  ready: number;
}

export interface Migration {
  /** Short random name. */
  id: string;
  /** Milliseconds since 1970, by the clock of whoever started it. */
  started: number;
  /** Counts the changes of this note: where the clusters' notes differ, the greater one is right. */
  revision: number;
  /** `running` and `rollback` are open: somebody drives the move, or shall go on with it. */
  phase: "running" | "rollback" | "aborted" | "done";
  /** Who started it, as their machine names them. */
  by?: string;
  from: Place;
  to: Place;
  strategy: "union" | "cutover";
  /** As `vmware.com/syndicate-min-ready`. */
  minReady: string;
  /** Selector asked for in `to`. */
  selector?: Record<string, string>;
  adopt: boolean;
  /** How long both shall serve, in milliseconds. */
  holdMs: number;
  /** Since when both have served; milliseconds since 1970. */
  united?: number;
  /** The declaration in force when the move began; absent if there was none. */
  intent?: { mode: string; at: string; time: number };
  before: { from: Before; to: Before };
}

/** The note in an annotation value; undefined if there is none, or it is not one of ours. */
export function parseMigration(text: string | undefined): Migration | undefined {
  if (text === undefined) return undefined;
  try {
    const result = v.safeParse(MigrationSchema, JSON.parse(text));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}

/** The annotation value: fields in the schema's order, so that equal notes give equal text. */
export function formatMigration(migration: Migration): string {
  return JSON.stringify(v.parse(MigrationSchema, migration));
}

/** The note that counts: of the latest move, in its latest version. */
export function latestMigration(notes: readonly (Migration | undefined)[]): Migration | undefined {
  const found = notes.filter((note) => note !== undefined);
  return found.sort((a, b) => b.started - a.started || b.revision - a.revision)[0];
}

/** True while a move waits to be gone on with, rolled back or aborted. */
export function isOpen({ phase }: Pick<Migration, "phase">): boolean {
  return phase === "running" || phase === "rollback";
}
