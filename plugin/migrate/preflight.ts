/** Everything that is checked before the first write. All checks run and all are told. Pure. */
import { compileRanges } from "../../shared/address.ts";
import { MODE } from "../../shared/keys.ts";
import { annotation, type Service } from "../../shared/kube/objects.ts";
import { type Mode, type ModeOrAbsent, parseMode } from "../../shared/mode.ts";
import { findPortConflict } from "../../shared/protocol/ports.ts";
import type { ServiceKey } from "../../shared/protocol/snapshot.ts";
import { judgeTransition } from "../../shared/transitions.ts";
import { isInScope } from "../clusters/identity.ts";
import { shellWord } from "../shell-word.ts";
import type { Check, Facts, Pair, SideFacts } from "./facts.ts";
import type { Move } from "./move.ts";
import { findStage } from "./progress.ts";
import { findRemedy } from "./remedies.ts";
import { checkApart, checkPods, checkSelector, checkServing, checkTarget, checkUnknown } from "./service-checks.ts";
import { explain } from "./waits.ts";

/** Every check, in the order they are printed. One `fail` refuses the move. */
export function checkMove(move: Move, facts: Facts): Check[] {
  const { views } = facts.situation;
  const [from, to] = [views.get(move.from)?.service, views.get(move.to)?.service];
  const pair: Pair = { move, facts, stage: findStage(move, facts.situation), from, to };
  return [
    ...checkSides(move.key, facts),
    checkAlone(pair),
    ...checkPlanned(facts),
    checkServing(pair),
    checkTarget(pair),
    checkUnknown(pair),
    ...checkApart(pair),
    ...(pair.stage === "declare" ? [checkInSync(pair)] : []),
    checkTransition(pair),
    ...checkPorts(pair),
    ...checkPolicies(pair),
    checkSelector(pair),
    checkPods(pair),
    checkNetworks(facts),
  ];
}

/** What must hold of the two clusters whatever is done to the Service. */
export function checkSides(key: ServiceKey, facts: Pick<Facts, "from" | "to">): Check[] {
  return [checkDifferent(facts), ...checkInstalled(key, facts), checkAgents(facts), checkRights(facts)];
}

type Sides = Pick<Facts, "from" | "to">;

function checkDifferent({ from, to }: Sides): Check {
  const name = "two different clusters";
  if (from.uid === "" || to.uid === "") {
    return { name, state: "fail", detail: "the namespace kube-system, which tells clusters apart, cannot be read" };
  }
  if (from.uid === to.uid) return { name, state: "fail", detail: `both contexts lead to the cluster ${from.uid}` };
  const liar = [from, to].find(({ identity, uid }) => identity?.clusterUid && identity.clusterUid !== uid);
  if (liar) {
    const detail = `the identity published in ${liar.context} is that of another cluster, ${liar.identity?.clusterUid}`;
    return { name, state: "fail", detail };
  }
  const stranger = findStranger(from, to) ?? findStranger(to, from);
  if (stranger) return { name, state: "fail", detail: stranger };
  return { name, state: "ok", detail: `kube-system ids ${from.uid.slice(0, 8)} and ${to.uid.slice(0, 8)}` };
}

/** Two clusters may bear one name: the one whose endpoints are copied must be the one the context leads to. */
function findStranger(a: SideFacts, b: SideFacts): string | undefined {
  const known = a.identity?.peerUids?.[b.cluster];
  if (known === undefined || known === b.uid) return undefined;
  return `the ${b.cluster} that ${a.cluster} knows is another cluster (${known}) than the one of context ${b.context} (${b.uid})`;
}

/** No other move of the Service is open. */
function checkAlone({ facts, move }: Pair): Check {
  const name = "no other move is under way";
  const { obstacle } = facts;
  if (!obstacle) return { name, state: "ok", detail: "none is noted" };
  const { id, from, to, phase, by } = obstacle;
  const who = by === undefined ? "" : ` by ${by}`;
  const what = phase === "rollback" ? "is being rolled back" : "is open";
  const detail = `${id}, ${from.name} to ${to.name}, begun ${new Date(obstacle.started).toISOString()}${who}, ${what}`;
  const next = `kubectl syndicate migrate resume|rollback|abort ${move.key.name} -n ${move.key.namespace}`;
  return { name, state: "fail", detail, next };
}

/** The clusters are as they were when the plan was made. */
function checkPlanned({ changed }: Facts): Check[] {
  if (!changed) return [];
  const name = "as when it was planned";
  if (changed.length === 0) return [{ name, state: "ok", detail: "nothing has changed since" }];
  return [{ name, state: "fail", detail: `${changed.join("; ")}; make a new plan` }];
}

function checkInstalled(key: ServiceKey, { from, to }: Sides): Check[] {
  const name = "syndicate is at work in both";
  const missing = [from, to].filter(({ identity }) => !identity);
  if (missing.length) {
    const where = missing.map(({ context }) => context).join(" and ");
    const next = `kubectl --context ${contextOf(missing)} get configmap syndicate-identity -n syndicate-system`;
    return [{ name, state: "fail", detail: `no identity is published in ${where}`, next }];
  }
  const outside = [from, to].filter(({ identity }) => identity && !isInScope(identity, key.namespace));
  if (outside.length) {
    const where = outside.map(({ cluster }) => cluster).join(" and ");
    return [
      { name, state: "fail", detail: `namespace ${key.namespace} is not watched in ${where} (NSTOWATCH, EXCLUDE)` },
    ];
  }
  const versions = [from, to].map(({ identity }) => identity?.version ?? "?");
  const differ = versions[0] !== versions[1];
  return [{ name, state: differ ? "warn" : "ok", detail: `versions ${versions.join(" and ")}` }];
}

/** That of the first, as a word of a command. */
function contextOf([first]: readonly SideFacts[]): string {
  return shellWord(first?.context ?? "");
}

function checkAgents({ from, to }: Sides): Check {
  const name = "sync processes are alive";
  const where = (agent: SideFacts["agent"]) =>
    [from, to].filter((side) => side.agent === agent).map(({ cluster }) => cluster);
  const silent = where("silent");
  if (silent.length) {
    const next = `kubectl --context ${contextOf([from, to].filter(({ agent }) => agent === "silent"))} get pods -n syndicate-system`;
    return { name, state: "fail", detail: `no heartbeat in ${silent.join(" and ")}`, next };
  }
  const unknown = where("unknown");
  if (unknown.length) return { name, state: "warn", detail: `no Lease to tell it by in ${unknown.join(" and ")}` };
  return { name, state: "ok", detail: "both have a heartbeat" };
}

function checkRights({ from, to }: Sides): Check {
  const name = "you may patch the Service";
  const denied = [from, to].filter(({ mayPatch }) => mayPatch === false);
  if (denied.length) {
    const next = `kubectl --context ${contextOf(denied)} auth can-i patch services`;
    return { name, state: "fail", detail: `not in ${denied.map(({ cluster }) => cluster).join(" and ")}`, next };
  }
  const unsure = [from, to].filter(({ mayPatch }) => mayPatch === undefined).map(({ cluster }) => cluster);
  return unsure.length
    ? { name, state: "warn", detail: `${unsure.join(" and ")} ${unsure.length > 1 ? "do" : "does"} not say` }
    : { name, state: "ok", detail: "in both clusters" };
}

function checkInSync({ facts, move }: Pair): Check {
  const name = "replicated and in sync";
  const busy = facts.situation.verdicts.filter(({ atRest }) => !atRest).flatMap(explain);
  if (busy.length === 0) return { name, state: "ok", detail: "nothing is under way" };
  const detail = busy.map(({ cluster, message }) => `${cluster}: ${message}`).join("; ");
  const sides = [facts.from, facts.to];
  const contextOf = (name: string) => sides.find(({ cluster }) => cluster === name)?.context ?? name;
  const remedy = busy.map((one) => findRemedy(one, { key: move.key, contextOf })).find(Boolean);
  const next = remedy ?? `kubectl syndicate status ${move.key.name} -n ${move.key.namespace}`;
  return { name, state: "fail", detail, next };
}

function checkTransition({ move, stage, from, to }: Pair): Check {
  const name = "modes may change so";
  const started: ModeOrAbsent = move.strategy === "union" ? "union" : "receiver";
  const before = stage === "declare" ? [`${move.from}: ${modeOf(from)} → ${started}`] : [];
  const verdicts = [
    ...(stage === "declare" ? [judgeTransition(modeOf(from), started)] : []),
    ...(stage === "drain" ? [] : [judgeTransition(move.strategy === "union" ? "union" : modeOf(to), "source")]),
  ];
  const bad = verdicts.find((verdict) => !verdict.legal);
  if (bad && !bad.legal) return { name, state: "fail", detail: `${before.join("")}: ${bad.because}; ${bad.instead}` };
  return {
    name,
    state: "ok",
    detail: stage === "drain" ? "nothing left to change" : [...before, `${move.to}: → source`].join(", "),
  };
}

function modeOf(service: Service | undefined): ModeOrAbsent {
  const mode: Mode | undefined = parseMode(service && annotation(service, MODE));
  return mode ?? "absent";
}

function checkPorts({ from, to }: Pair): Check[] {
  if (!from || !to) return [];
  const conflict = findPortConflict(from, to);
  const detail = (from.spec.ports ?? []).map(({ port, protocol }) => `${port}/${protocol ?? "TCP"}`).join(", ");
  return [{ name: "ports agree", state: conflict ? "fail" : "ok", detail: conflict ?? (detail || "none") }];
}

function checkPolicies({ from, to }: Pair): Check[] {
  const services = [from, to].filter((service) => service !== undefined);
  const checks: Check[] = [];
  if (services.some(({ spec }) => spec.externalTrafficPolicy === "Local" || spec.internalTrafficPolicy === "Local")) {
    const detail =
      "a traffic policy is Local: pods of other clusters are on no node of this one, their traffic would be dropped";
    checks.push({ name: "traffic policies", state: "fail", detail });
  }
  if (services.some(({ spec }) => spec.sessionAffinity === "ClientIP")) {
    checks.push({ name: "session affinity", state: "warn", detail: "ClientIP: clients may change pod once" });
  }
  return checks;
}

function checkNetworks({ from, to }: Facts): Check {
  const name = "pod networks do not overlap";
  const [left, right] = [from.identity?.podCIDRs ?? [], to.identity?.podCIDRs ?? []];
  if (left.length === 0 || right.length === 0) {
    return { name, state: "ok", detail: "not declared, not checked" };
  }
  const twins = left.flatMap((a) => right.filter((b) => overlap(a, b)).map((b) => `${a} and ${b}`));
  if (twins.length) return { name, state: "fail", detail: `${twins.join(", ")} overlap` };
  return { name, state: "ok", detail: `${left.join(", ")} and ${right.join(", ")}` };
}

/** Two networks overlap if one of them holds the first address of the other. */
export function overlap(a: string, b: string): boolean {
  const holds = (outer: string, inner: string) => {
    const address = inner.split("/")[0] ?? "";
    return compileRanges([outer]).check(address, address.includes(":") ? "ipv6" : "ipv4");
  };
  return holds(a, b) || holds(b, a);
}
