/** Step: what keeps Services of one key from standing for each other. Shown on both sides; what flows already goes on. */
import type { Intent } from "../../intent.ts";
import { ADOPT, SUCCESSOR } from "../../keys.ts";
import { type Context, findConflict } from "../context.ts";
import { contribution, isOwn } from "../contribution.ts";
import { isExempt, participants, takesPart } from "../roles.ts";
import { type ClusterView, peerViews } from "../snapshot.ts";
import { isReady } from "../usable.ts";
import { holding, joinSteps, NOTHING, type Step } from "../write.ts";

/** All conflicts as holds. They end nothing that is in service: what they forbid, the other steps ask `findConflict`. */
export function stepConflicts(context: Context): Step {
  return joinSteps(stepApart(context), stepPorts(context), stepHostnames(context));
}

/** The declarer names own Services elsewhere that nobody said take part: its intent does not reach them. */
function stepApart({ snapshot, intent, role }: Context): Step {
  if (!intent || intent.at !== snapshot.own || (role.kind !== "server" && role.kind !== "union")) return NOTHING;
  const apart = peerViews(snapshot).filter(
    (view) => view.listed && isOwn(view.service) && !isExempt(view.service) && !takesPart(view, intent),
  );
  if (apart.length === 0) return NOTHING;
  const names = apart.map((view) => view.name).join(", ");
  const ways = `${howToJoin(intent)} there, or name it in ${ADOPT} here, or leave it`;
  return holding("Conflict", `${names} has an own Service of this name that takes no part; ${ways}`);
}

/** The mode by which an own Service takes part in what was declared elsewhere: the declarer's `source` said again would make it the server. */
export function howToJoin({ mode, at }: Intent): string {
  return mode === "union" ? "set union" : `set receiver with ${SUCCESSOR}=${at}`;
}

function stepPorts(context: Context): Step {
  const conflict = findConflict(context);
  return conflict === undefined ? NOTHING : holding("PortConflict", conflict);
}

/** Pods of one name in two clusters, such as two StatefulSets', share one DNS name in a headless union. */
function stepHostnames({ snapshot, own, intent, role, service }: Context): Step {
  if (!intent || role.kind !== "union" || service.spec.clusterIP !== "None") return NOTHING;
  const here = hostnames(own);
  const others = participants(snapshot, intent).filter((view) => view.name !== own.name);
  const shared = others.flatMap((view) =>
    [...hostnames(view)].filter((name) => here.has(name)).map((name) => ({ name, of: view.name })),
  );
  const [first] = shared;
  if (!first) return NOTHING;
  const names = [...new Set(shared.map(({ name }) => name))].sort().slice(0, 5).join(", ");
  const clusters = [...new Set(shared.map(({ of }) => of))].sort().join(", ");
  return holding(
    "HostnameConflict",
    `pods in ${clusters} have the same names as pods here: ${names}; each name leads to all of them`,
  );
}

/** Hostnames of a cluster's ready pods behind the Service. */
function hostnames(view: ClusterView): Set<string> {
  const endpoints = contribution(view).slices.flatMap((slice) => slice.endpoints ?? []);
  return new Set(endpoints.filter(isReady).flatMap(({ hostname }) => (hostname ? [hostname] : [])));
}
