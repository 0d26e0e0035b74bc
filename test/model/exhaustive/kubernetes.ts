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
import type { Collections } from "./objects.ts";
import { NATIVES, SERVICES } from "./sides.ts";
import type { Space } from "./state.ts";

/**
 * Puts a cluster's new objects in place. `wrote` is the name of the object that the cluster's own sync process wrote, which
 * knows of that at once; everything else comes by watches.
 */
export function replaceSide(space: Space, draft: Draft, cluster: number, side: number, wrote?: string): void {
  const before = draft.side(cluster);
  if (before === side) return;
  draft.sides[cluster] = side;
  const { services, slices } = space.sides;
  const kinds = [
    { sets: services, place: SERVICES, own: OWN_SERVICES, peer: PEER_SERVICES },
    { sets: slices, place: NATIVES, own: OWN_NATIVES, peer: PEER_NATIVES },
  ];
  for (const { sets, place, own, peer } of kinds) {
    const set = space.sides.table.at(side, place);
    if (set === space.sides.table.at(before, place)) continue;
    tellOwn(space, draft.process(cluster), own, sets, set, wrote);
    const other = draft.process(1 - cluster);
    if (other[LISTED] === READ) other[peer] = space.watches.push(other[peer] as number, set);
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

/** Steps of the controllers in both clusters. */
export function stepKubernetes(space: Space, draft: Draft, next: Draft, emit: Emit): void {
  const { sides, names } = space;
  for (const cluster of [0, 1]) {
    const side = draft.side(cluster);
    const offer = (after: number, what: string) => {
      if (after === side) return;
      replaceSide(space, next.set(draft), cluster, after);
      overtake(next);
      emit(next, () => `${names[cluster]}: ${what}`);
    };
    offer(sides.runNative(cluster, side).side, "Kubernetes writes the slices of the selector");
    offer(sides.collectGarbage(cluster, side).side, "Kubernetes collects garbage");
  }
}

/** Whether a controller would change something. */
export function hasKubernetesWork({ sides }: Space, draft: Draft): boolean {
  return [0, 1].some((cluster) => {
    const side = draft.side(cluster);
    return sides.runNative(cluster, side).side !== side || sides.collectGarbage(cluster, side).side !== side;
  });
}

/** What passes under way were judged by is not so any more. That a pass is as old as its reads cannot be helped. */
export function overtake(draft: Draft): void {
  for (const process of draft.processes) if (process[PENDING] !== 0 || process[STALE] !== 0) process[OVERTAKEN] = 1;
}

/** Cut or starting connections come (back) to life: everything of the peer is listed anew. */
export function stepConnections(space: Space, draft: Draft, next: Draft, emit: Emit): void {
  for (const cluster of [0, 1]) {
    if (draft.process(cluster)[LISTED] === READ) continue;
    connect(space, next.set(draft), cluster);
    emit(next, () => `${space.names[cluster]}: lists all of ${space.names[1 - cluster]}`);
  }
}

/** The process of `cluster` has listed its peer. */
export function connect(space: Space, draft: Draft, cluster: number): void {
  const process = draft.process(cluster);
  const { table } = space.sides;
  const peer = draft.side(1 - cluster);
  process[LISTED] = READ;
  process[PEER_SERVICES] = space.watches.current(table.at(peer, SERVICES));
  process[PEER_NATIVES] = space.watches.current(table.at(peer, NATIVES));
}
