/** Every end that a story about two clusters can have. */
import type { EndpointSlice, Endpoints, Service } from "../../../shared/kube/objects.ts";
import { planService } from "../../../shared/protocol/plan.ts";
import { type Outcome, outcomeOf } from "../outcome.ts";
import type { Disturbance, Script, ScriptEvent } from "../script.ts";
import type { Draft } from "./draft.ts";
import { Exploration } from "./exploration.ts";
import type { Plans } from "./plans.ts";
import { COPIES, ENDPOINTS, KEY, NATIVES, SERVICES } from "./sides.ts";
import { SERVED } from "./starts.ts";
import type { Space } from "./state.ts";

/** The words that the exploration has for an event. */
function wordsOf(event: ScriptEvent): RegExp {
  const { cluster } = event;
  switch (event.kind) {
    case "mode":
      return new RegExp(`^user: ${cluster} becomes ${event.mode ?? "without mode"} \\(`);
    case "pod":
      if (event.change === "starts") return new RegExp(`^pods: .* in ${cluster} starts and is ready$`);
      if (event.change === "terminating") return new RegExp(`^pods: \\S+\\.1 in ${cluster} begins to terminate$`);
      return new RegExp(`^pods: \\S+\\.1 in ${cluster} (becomes|is) ${event.change}$`);
    case "delete":
      return new RegExp(`^user: deletes services/${KEY.name} in ${cluster}$`);
    case "apply":
      return new RegExp(`^user: applies the manifest in ${cluster} `);
  }
}

function wordsOfDisturbance(disturbance: Disturbance): RegExp {
  if (disturbance.kind === "cut") return /^network: east and west cannot read/;
  return new RegExp(`^${disturbance.cluster}: .*is killed`);
}

/**
 * Outcomes by cluster of every state in which a story can come to rest, in whatever order everything else happens between its
 * events. A disturbance may be left out. Throws if a rule is broken on the way.
 */
export function reachOutcomes({ events, disturbance }: Script, lag = 1): Record<string, Outcome>[] {
  const count = (...kinds: ScriptEvent["kind"][]) => events.filter(({ kind }) => kinds.includes(kind)).length;
  const faults = count("delete", "apply") + (disturbance ? 1 : 0);
  if (disturbance && faults > 1) throw new Error("a disturbed story has no other faults: they could not be told apart");
  const words = events.map(wordsOf);
  const meanwhile = disturbance && wordsOfDisturbance(disturbance);
  const left = (draft: Draft) => draft.events - (disturbance ? draft.faults : 0);
  const ends = new Map<string, Record<string, Outcome>>();
  const { finding } = new Exploration({
    start: SERVED,
    bound: {
      commands: count("mode"),
      podChanges: count("pod"),
      faults,
      events: events.length + (disturbance ? 1 : 0),
      lag,
    },
    accept: (what, before) => meanwhile?.test(what) || (words[events.length - left(before)]?.test(what) ?? false),
    onRest: (draft, space, plans) => {
      if (left(draft) > 0) return;
      const end = describe(draft, space, plans);
      ends.set(JSON.stringify(end), end);
    },
  }).run();
  if (finding) throw new Error([finding.what, ...finding.story].join("\n"));
  return [...ends.values()];
}

function describe(draft: Draft, { sides, names }: Space, plans: Plans): Record<string, Outcome> {
  const { table } = sides;
  const outcomes = names.map((name, own) => {
    const [side, peer] = [draft.side(own), draft.side(1 - own)];
    const [natives, copies] = [table.at(side, NATIVES), table.at(side, COPIES)];
    const known = {
      ...{ own, natives, copies, services: table.at(side, SERVICES), endpoints: table.at(side, ENDPOINTS) },
      ...{ peerServices: table.at(peer, SERVICES), peerNatives: table.at(peer, NATIVES) },
      ...{ listed: true, clock: draft.clock },
    };
    const { condition } = planService(plans.snapshot(known, true));
    const outcome = outcomeOf(KEY.name, {
      services: sides.services.get(known.services) as readonly Service[],
      slices: [natives, copies].flatMap((set) => sides.slices.get(set) as readonly EndpointSlice[]),
      endpoints: sides.endpoints.get(known.endpoints)[0] as Endpoints | undefined,
      reason: condition?.reason,
    });
    return [name, outcome] as const;
  });
  return Object.fromEntries(outcomes);
}
