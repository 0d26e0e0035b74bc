/** The checks on the Service itself: who serves, what the target has, and whether its pods can take over. Pure. */

import { type Intent, latestIntent } from "../../shared/intent.ts";
import { ADOPT } from "../../shared/keys.ts";
import { annotation } from "../../shared/kube/objects.ts";
import { contribution, isOwn, replicaOf } from "../../shared/protocol/contribution.ts";
import { parseAdopt } from "../../shared/protocol/declaration.ts";
import { parseMinReady } from "../../shared/protocol/readiness.ts";
import { intentOf, isExempt, takesPart } from "../../shared/protocol/roles.ts";
import type { ClusterView } from "../../shared/protocol/snapshot.ts";
import { countReady } from "../../shared/protocol/usable.ts";
import { effectiveSelector, hasSelector, sameSelector } from "../../shared/selector.ts";
import { shellWord } from "../shell-word.ts";
import { unseenClusters } from "../traces.ts";
import type { Check, Facts, Pair } from "./facts.ts";

/** Roles in which a cluster's own pods serve. */
const SERVING = ["origin", "server", "union", "independent"];

/** `from` has the Service and its pods are the ones that serve. */
export function checkServing({ move, facts, stage, from }: Pair): Check {
  const name = `${move.from} serves it`;
  if (stage === "drain") return { name, state: "ok", detail: `${move.to} is already named as the one to serve` };
  if (!from)
    return { name, state: "fail", detail: `${move.from} has no Service ${move.key.namespace}/${move.key.name}` };
  const verdict = facts.situation.verdicts.find(({ cluster }) => cluster === move.from);
  const { role } = verdict ?? {};
  const ready = readyOf(facts.situation.views.get(move.from));
  if (!role || SERVING.includes(role.kind) || (role.kind === "orphan" && !role.released)) {
    return { name, state: "ok", detail: `${ready} endpoints` };
  }
  const server = role.kind === "follower" || role.kind === "replica" ? `; ${role.of} serves it` : "";
  const next = `kubectl syndicate status ${move.key.name} -n ${move.key.namespace}`;
  return { name, state: "fail", detail: `there it is ${role.kind}${server}`, next };
}

/** `to` has something the move can go on: a replica, a Service that takes part, or one the user lets us take over. */
export function checkTarget({ move, facts, stage, from, to }: Pair): Check {
  const name = `${move.to} has the Service`;
  const { views, verdicts } = facts.situation;
  if (!to) {
    const hold = verdicts.find(({ cluster }) => cluster === move.to)?.holds[0];
    return { name, state: "fail", detail: hold?.message ?? `no replica of it is in ${move.to}` };
  }
  const view = views.get(move.to);
  const latest = latestIntent([...views.values()].map(intentOf));
  const stoodFor = replicaOf(from) === move.to;
  const joins = !isOwn(to) || stoodFor || stage !== "declare" || (latest && view && takesPart(view, latest));
  if (joins)
    return { name, state: "ok", detail: isOwn(to) ? "its own, which takes part" : `a replica of ${replicaOf(to)}` };
  const detail = "its own, with its own clients, which takes no part";
  if (move.adopt) return { name, state: "warn", detail: `${detail}; --adopt takes it over` };
  return { name, state: "fail", detail: `${detail}; --adopt would take it over` };
}

/** Every cluster of which something is here can be looked at too; `otherwise`: what it is to one that cannot. */
export function checkUnknown({ facts }: { facts: Seen }, otherwise: "warn" | "fail" = "fail"): Check {
  const name = "all that take part are seen";
  const { views } = facts.situation;
  const told = [facts.from, facts.to].flatMap(({ identity }) => identity?.peers ?? []);
  const missing = told.filter((cluster) => !views.has(cluster));
  const unknown = [...new Set([...missing, ...unseenClusters(views)])].sort();
  const unread = [...views.values()].filter(({ listed }) => !listed).map((view) => view.name);
  if (unread.length) return { name, state: "fail", detail: `${unread.join(", ")} cannot be read` };
  if (unknown.length === 0) return { name, state: "ok", detail: [...views.keys()].join(", ") };
  return { name, state: otherwise, detail: `${unknown.join(", ")} too: name their contexts in --contexts` };
}

type Seen = Pick<Facts, "from" | "to" | "situation">;

/** An own Service in a further cluster that takes no part: whoever declares something would wait for ever for a person to act. */
export function checkApart({ move, facts, stage, from, to }: Pair): Check[] {
  const views = [...facts.situation.views.values()];
  const [declarer, at] = stage === "drain" ? [to, facts.to] : [from, facts.from];
  const adopt = parseAdopt(declarer && annotation(declarer, ADOPT));
  const latest = stage === "declare" ? undefined : latestIntent(views.map(intentOf));
  const taken = [...adopt, ...(latest?.adopt ?? [])];
  const declared: Intent = { mode: "union", at: move.from, time: 0, ...latest, adopt: taken };
  const apart = views
    .filter(({ name }) => name !== move.from && name !== move.to)
    .filter((view) => view.service && !isExempt(view.service) && !takesPart(view, declared))
    .map(({ name }) => name);
  if (apart.length === 0) return [];
  const { name, namespace } = move.key;
  const what = `own Services in ${apart.join(", ")} that take no part`;
  const next = `kubectl --context ${shellWord(at.context)} annotate service ${name} -n ${namespace} --overwrite ${ADOPT}=${[...adopt, ...apart].join(",")}`;
  const detail = `${what}: they would hold it up; take them along, rename or delete them`;
  return [{ name: "no Service stands apart", state: "fail", detail, next }];
}

/** The selector that will find the pods in `to`. */
export function checkSelector({ move, stage, to }: Pair): Check {
  const name = `selector in ${move.to}`;
  const known = to && effectiveSelector(to);
  const wanted = move.selector ?? known;
  if (!wanted) {
    return { name, state: "fail", detail: "none is known; give it with --selector app=…" };
  }
  const detail = Object.entries(wanted)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  if (stage !== "drain" && move.selector && to && hasSelector(to) && !sameSelector(to.spec.selector, move.selector)) {
    return {
      name,
      state: "fail",
      detail: `the Service there selects otherwise; change its selector itself, not by --selector`,
    };
  }
  if (stage === "drain" && move.selector && !sameSelector(known, move.selector)) {
    return {
      name,
      state: "fail",
      detail: `the move has begun with another one; edit the Service in ${move.to} instead`,
    };
  }
  return { name, state: "ok", detail };
}

/** Enough pods are ready to take over at once; with a cutover they may come later. */
export function checkPods({ move, facts, stage }: Pair): Check {
  const name = `pods ready in ${move.to}`;
  const serving = readyOf(facts.situation.views.get(move.from));
  const wanted = parseMinReady(move.minReady);
  if (!wanted)
    return { name, state: "fail", detail: `--min-ready ${move.minReady} is neither a number from 1 nor a percentage` };
  const needed = "count" in wanted ? wanted.count : Math.max(1, Math.ceil((serving * wanted.percent) / 100));
  if (facts.readyPods === undefined) return { name, state: "warn", detail: "you may not list pods there" };
  const detail = `${facts.readyPods} of ${needed}`;
  if (facts.readyPods >= needed) return { name, state: "ok", detail };
  const later = move.strategy === "cutover" || stage === "drain";
  if (later) return { name, state: "warn", detail: `${detail}: ${move.from} serves until they are there` };
  return { name, state: "fail", detail: `${detail}; start more, or lower it with --min-ready` };
}

function readyOf(view: ClusterView | undefined): number {
  return view?.service ? countReady(contribution(view).slices, view.service) : 0;
}
