/** Rules on a declaration that need other clusters; where the sync process did not answer they stay silent, with a warning. */

import type { Advice, ClusterAdvice } from "../advice.ts";
import { ADOPT, MODE, SUCCESSOR } from "../keys.ts";
import { annotation } from "../kube/objects.ts";
import { parseAdopt } from "../protocol/declaration.ts";
import { findPortConflict, portablePorts } from "../protocol/ports.ts";
import { judgeTransition } from "../transitions.ts";
import { annotateCommand, statusCommand } from "./command.ts";
import { findSuccessor, type ModeChange, stampDeclaration } from "./declaration.ts";
import { successorProblem } from "./key-rules.ts";
import { declaredMode, enteredMode, type Rule } from "./mode-rules.ts";
import { type Change, modeOf, replicaOf } from "./request.ts";
import { annotationPath } from "./violation.ts";

const MODE_PATH = annotationPath(MODE);

/** A receiver needs somebody who takes over. */
export const checkSuccessor: Rule = (change, mode) => {
  if (needOf(change, mode) !== "successor") return [];
  const successor = findSuccessor(change);
  if (successor.ok) return [];
  const named = annotation(change.object, SUCCESSOR);
  const reported = named !== undefined && named !== (change.old && annotation(change.old, SUCCESSOR));
  if (reported && successorProblem(named, change)) return [];
  const field = named === undefined ? MODE_PATH : annotationPath(SUCCESSOR);
  const next = annotateCommand(change.request, SUCCESSOR, "CLUSTER");
  return [{ field, value: named ?? "receiver", problem: successor.message, next }];
};

/** Without a mode every own Service serves alone; two of them would part without a word. */
export const checkOneOwn: Rule = (change, mode) => {
  if (needOf(change, mode) !== "oneOwn" || change.advice === "unavailable") return [];
  const others = otherClusters(change, change.advice).filter((cluster) => cluster.service === "own");
  const owners = [...(replicaOf(change.old) === undefined ? [change.settings.cluster] : []), ...others.map(nameOf)];
  if (owners.length <= 1) return [];
  const problem = `the mode can be removed only while at most one cluster has a Service of its own; now ${owners.join(", ")} have one, and each would serve apart`;
  const next = `delete the Service in all but one of these clusters, or ${annotateCommand(change.request, MODE, "singular")}`;
  return [{ field: MODE_PATH, value: undefined, problem, next }];
};

/** A union of Services whose ports differ would lose some of them: the sync process would hold, so it is refused at once. */
export const checkPorts: Rule = (change, mode) => {
  const { advice, object } = change;
  if (enteredMode(change, mode)?.mode !== "union" || advice === "unavailable") return [];
  const value = portablePorts(object).map(({ name, port, protocol }) => ({ name, port, protocol }));
  return joiningOwners(change, advice).flatMap((cluster) => {
    const theirs = { ...object, spec: { ...object.spec, ports: cluster.ports } };
    const conflict = findPortConflict(object, theirs);
    if (!conflict) return [];
    const problem = `cannot be united with cluster "${cluster.name}": ${conflict}`;
    const next = `make the ports equal in both clusters, then ${annotateCommand(change.request, MODE, "union")}`;
    return [{ field: "spec.ports", value, problem, next }];
  });
};

/** A latest intent from the future would beat everything declared until then. */
export const checkClock: Rule = (change, mode) => {
  const declared = declaredMode(mode);
  const stamp = declared && stampDeclaration(change, declared.mode);
  if (!stamp || stamp.ok || stamp.reason !== "ClockAhead") return [];
  return [{ field: MODE_PATH, value: declared.mode, problem: stamp.message, next: statusCommand(change.request) }];
};

/** What the caller should know about other clusters when a declaration is accepted. */
export function warnAboutPeers(change: Change, mode: ModeChange): string[] {
  const { advice } = change;
  const entered = enteredMode(change, mode);
  if (!entered) return [];
  if (advice === "unavailable") return ["the sync process did not answer: only this cluster's own rules were checked"];
  const warnings: string[] = [];
  const unread = otherClusters(change, advice).filter((cluster) => !cluster.readable);
  if (unread.length)
    warnings.push(`cannot be read now, so unchecked, and moves wait for it: ${unread.map(nameOf).join(", ")}`);
  const joining = joiningOwners(change, advice);
  if (entered.mode !== undefined && entered.mode !== "singular") {
    const apart = otherClusters(change, advice).filter((other) => other.service === "own" && !joining.includes(other));
    const names = apart.map(nameOf).join(", ");
    if (apart.length) warnings.push(`has its own Service and stays apart unless named in ${ADOPT}: ${names}`);
  }
  return warnings;
}

/** Other clusters whose own Service takes part with this one (docs/protocol.md): it has a mode, or the declarer names it. */
function joiningOwners(change: Change, advice: Advice): ClusterAdvice[] {
  const named = [...parseAdopt(annotation(change.object, ADOPT)), annotation(change.object, SUCCESSOR)?.trim()];
  return otherClusters(change, advice).filter(
    ({ name, service, mode }) => service === "own" && (mode !== undefined || named.includes(name)),
  );
}

function otherClusters({ settings }: Change, advice: Advice): ClusterAdvice[] {
  return advice.clusters.filter((cluster) => cluster.name !== settings.cluster);
}

function needOf({ old }: Change, mode: ModeChange): string | undefined {
  const declared = declaredMode(mode);
  const verdict = declared && judgeTransition(modeOf(old), declared.mode ?? "absent");
  return verdict?.legal ? verdict.need : undefined;
}

function nameOf({ name }: ClusterAdvice): string {
  return name;
}
