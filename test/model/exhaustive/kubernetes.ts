/** What happens in the clusters by itself, and how every change gets on its way to both sync processes. */

import {
  type Draft,
  LISTED,
  OVERTAKEN,
  OWN_NATIVES,
  OWN_SERVICES,
  PEER_NATIVES,
  PEER_SERVICES,
  PENDING,
  READ,
  STALE,
} from "./draft.ts";
import { NEW_NATIVES, NEW_SERVICES, OVERTAKES } from "./news.ts";
import type { Collections } from "./objects.ts";
import type { Plans } from "./plans.ts";
import { NATIVES, SERVICES } from "./sides.ts";
import type { Space } from "./state.ts";

/** A state in which one cluster makes a step, or something happens to it. Of the other one's process no step knows anything. */
export interface Scene {
  space: Space;
  plans: Plans;
  draft: Draft;
  /** Room for what follows. */
  next: Draft;
  cluster: number;
  emit: Emit;
}

/**
 * Puts a cluster's new objects in place. `wrote` is the name of the object that the cluster's own sync process wrote, which
 * knows of that at once; everything else comes by watches.
 */
export function replaceSide(space: Space, draft: Draft, cluster: number, side: number, wrote?: string): void {
  const before = draft.side(cluster);
  if (before === side) return;
  draft.sides[cluster] = side;
  const { shown } = space;
  const { services, slices } = space.sides;
  const kinds = [
    {
      sets: services,
      place: SERVICES,
      own: OWN_SERVICES,
      news: NEW_SERVICES,
      show: (set: number) => shown.services(set),
    },
    { sets: slices, place: NATIVES, own: OWN_NATIVES, news: NEW_NATIVES, show: (set: number) => shown.natives(set) },
  ];
  for (const { sets, place, own, news, show } of kinds) {
    const set = space.sides.table.at(side, place);
    const old = space.sides.table.at(before, place);
    if (set === old) continue;
    tellOwn(space, draft.process(cluster), own, sets, set, wrote);
    if (show(set) !== show(old)) space.news.tell(draft, news, show(set));
  }
}

function tellOwn(space: Space, process: Int32Array, place: number, sets: Collections, set: number, wrote?: string) {
  const { watches } = space;
  let watch = process[place] as number;
  if (wrote !== undefined) {
    watch = watches.overlay(watch, sets, wrote, set);
  }
  process[place] = watches.push(watch, set);
}

/**
 * Receives the draft of each state that may follow, and has to copy what it keeps. `belated`: the step is
 * not the one that follows from all the news, so nobody takes it for ever.
 */
export type Emit = (draft: Draft, what: () => string, belated?: boolean) => void;

/** Steps of the controllers in a cluster. */
export function stepKubernetes({ space, draft, next, cluster, emit }: Scene): void {
  const { sides, names } = space;
  const side = draft.side(cluster);
  const offer = (after: number, what: string) => {
    if (after === side) return;
    replaceSide(space, next.set(draft), cluster, after);
    overtake(space, next, cluster);
    emit(next, () => `${names[cluster]}: ${what}`);
  };
  offer(sides.runNative(cluster, side).side, "Kubernetes writes the slices of the selector");
  offer(sides.collectGarbage(cluster, side).side, "Kubernetes collects garbage");
}

/** What passes under way were judged by is not so any more. That a pass is as old as its reads cannot be helped. */
export function overtake(space: Space, draft: Draft, cluster: number): void {
  const process = draft.process(cluster);
  if (process[PENDING] !== 0 || process[STALE] !== 0) process[OVERTAKEN] = 1;
  space.news.tell(draft, OVERTAKES);
}

/** A cut or starting connection comes (back) to life: everything of the peer is listed anew. */
export function stepConnection({ space, draft, next, cluster, emit }: Scene): void {
  if (draft.process(cluster)[LISTED] === READ) return;
  connect(space, next.set(draft), cluster);
  emit(next, () => `${space.names[cluster]}: lists all of ${space.names[1 - cluster]}`);
}

/** The process of `cluster` has listed its peer. */
export function connect(space: Space, draft: Draft, cluster: number): void {
  const process = draft.process(cluster);
  const { watches, shown } = space;
  const { table } = space.sides;
  const peer = draft.side(1 - cluster);
  process[LISTED] = READ;
  process[PEER_SERVICES] = watches.current(shown.services(table.at(peer, SERVICES)));
  process[PEER_NATIVES] = watches.current(shown.natives(table.at(peer, NATIVES)));
}
