/** Worlds to begin with. */

import { Draft, OWN_NATIVES, OWN_SERVICES } from "./draft.ts";
import { manifest } from "./faults.ts";
import { connect } from "./kubernetes.ts";
import { newPod } from "./people.ts";
import { NATIVES, SERVICES } from "./sides.ts";
import { type Bound, FIRST_SECOND, type Space } from "./state.ts";

export interface Start {
  name: string;
  /** Ready pods with the Service's labels, and whether there is a Service, in either cluster. */
  east: { pods: number; service: boolean };
  west: { pods: number; service: boolean };
}

/** A Service that is replicated, and pods that wait for it elsewhere. */
export const SERVED: Start = {
  name: "a Service in east, pods in both",
  east: { pods: 1, service: true },
  west: { pods: 1, service: false },
};

/** Two Services that nobody has said belong together. */
export const APART: Start = {
  name: "a Service of its own in each",
  east: { pods: 1, service: true },
  west: { pods: 1, service: true },
};

/** Puts the objects of a start into an empty space; nobody has done anything yet. */
export function begin(space: Space, start: Start, bound: Bound): Draft {
  const draft = new Draft();
  for (const [cluster, { pods, service }] of [start.east, start.west].entries()) {
    const empty = space.sides.table.intern([0, 0, 0, 0, 0]);
    const all = Array.from({ length: pods }, (_, i) => newPod(cluster, i + 1));
    const withPods = space.sides.withPods(cluster, empty, all);
    const side = service
      ? space.sides.change(cluster, withPods, (at) => {
          at.createService(manifest());
          return true;
        }).side
      : withPods;
    draft.sides[cluster] = space.sides.runNative(cluster, side).side;
    const process = draft.process(cluster);
    process[OWN_SERVICES] = space.watches.current(space.sides.table.at(draft.side(cluster), SERVICES));
    process[OWN_NATIVES] = space.watches.current(space.sides.table.at(draft.side(cluster), NATIVES));
  }
  connect(space, draft, 0);
  connect(space, draft, 1);
  draft.clock = FIRST_SECOND;
  draft.commands = bound.commands;
  draft.podChanges = bound.podChanges;
  draft.faults = bound.faults;
  draft.events = bound.events;
  return draft;
}
