import type { Move } from "../../../plugin/migrate/move.ts";
import { findNote } from "../../../plugin/migrate/note.ts";
import { decideNext } from "../../../plugin/migrate/progress.ts";
import { ticketOf } from "../../../plugin/migrate/request.ts";
import { decideReturn, type Return } from "../../../plugin/migrate/rollback.ts";
import {
  type Drive,
  type MoveEvent,
  type MoveLimits,
  type MovePorts,
  type Outcome,
  runMove,
} from "../../../plugin/migrate/run.ts";
import { ApiError } from "../../../shared/kube/api-error.ts";
import type { World } from "../../model/world.ts";
import { lookAt, worldClock } from "../model-clusters.ts";

export const limits: MoveLimits = { timeoutMs: 600_000, settleMs: 5000, pollMs: 1000 };

export interface Ran {
  outcome: Outcome;
  events: MoveEvent[];
}

/** Called before every look. */
export type Spoil = (look: number, stop: () => void) => void;

/** A move to be driven forward. */
export function forward(move: Move): Drive {
  return { decide: (situation) => decideNext(move, situation), ticket: move.ticket, phase: "running" };
}

/** The way back of the move from east to west that is noted. */
export function backOf(world: World): Return & Drive {
  const note = findNote(lookAt(world).views);
  if (!note) throw new Error("no note");
  const back = { key: world.key, from: "east", to: "west", ticket: ticketOf(note), note, minReady: "3" };
  return { ...back, decide: (situation) => decideReturn(back, situation), phase: "rollback" };
}

/** Runs a move over a model world. */
export function runOver(world: World, move: Move, spoil?: Spoil, within = limits): Promise<Ran> {
  return drive(world, forward(move), spoil, within);
}

/** Runs any drive over a model world. `refuse` throws what an API server answers to a write. */
export async function drive(
  world: World,
  what: Drive,
  spoil: Spoil = () => {},
  within = limits,
  refuse: (cluster: string) => void = () => {},
): Promise<Ran> {
  const events: MoveEvent[] = [];
  const controller = new AbortController();
  let looks = 0;
  const ports: MovePorts = {
    clock: worldClock(world),
    signal: controller.signal,
    onEvent: (event) => events.push(event),
    async read() {
      looks += 1;
      spoil(looks, () => controller.abort("SIGINT"));
      return lookAt(world);
    },
    async write(cluster, service, annotations) {
      refuse(cluster);
      const found = world.cluster(cluster).services.get(service.metadata.name);
      if (found?.metadata.resourceVersion !== service.metadata.resourceVersion) {
        throw new ApiError({ cluster, path: "/", status: 409, reason: "Conflict", message: "changed meanwhile" });
      }
      world.annotate(cluster, annotations);
    },
  };
  const outcome = await runMove(what, ports, within);
  return { outcome, events };
}
