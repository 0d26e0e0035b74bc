/** The protocol as one function: from a snapshot of a Service in all clusters to what the own cluster does next. */
import { sameIntent } from "../intent.ts";
import { ADOPT } from "../keys.ts";
import type { Service } from "../kube/objects.ts";
import { decideCondition, type SyncCondition } from "./condition.ts";
import { type Context, makeContext } from "./context.ts";
import { ourCopies, replicaOf } from "./contribution.ts";
import { stepDeclaration } from "./declaration.ts";
import { capLosses } from "./losses.ts";
import { observeFacts } from "./readiness.ts";
import { newReplica } from "./replica.ts";
import { chooseOrigin, intentOf, isVoid, latestVisible, type Role, resolveRole } from "./roles.ts";
import { ownView, peerViews, type Snapshot } from "./snapshot.ts";
import { howToJoin, stepConflicts } from "./steps/conflicts.ts";
import { settleCopies, stepCopies, wantCopies } from "./steps/copies.ts";
import { stepEndpoints } from "./steps/endpoints.ts";
import { stepFrozen } from "./steps/frozen.ts";
import { stepMetadata } from "./steps/metadata.ts";
import { stepRefused } from "./steps/refused.ts";
import { stepSelector } from "./steps/selector.ts";
import { stepShadow } from "./steps/shadow.ts";
import { type HoldReason, holding, joinSteps, NOTHING, removeObject, type Step, writing } from "./write.ts";

export interface Plan extends Step {
  /** The condition to show; undefined for Services nobody said take part. */
  condition?: SyncCondition;
  /**
   * What is said without touching the object: of a Service nobody said takes part, or one that cannot be made here.
   * `Independent`: other clusters have their own too, and nobody has declared anything.
   */
  notice?: Notice;
  /** Facts true now, see `observeFacts`. */
  facts: string[];
}

export interface Notice {
  reason: HoldReason | "Independent";
  message: string;
}

/**
 * What the own cluster does next for one Service. Pure: same snapshot, same plan. An empty list of writes and holds means
 * at rest. Each step acts on what was observed, never on what an earlier write of the same plan will bring.
 */
export function planService(snapshot: Snapshot): Plan {
  const facts = observeFacts(snapshot, latestVisible(snapshot));
  const role = resolveRole(snapshot);
  const { service } = ownView(snapshot);
  if (!service || role.kind === "absent") {
    const step = createReplica(snapshot);
    const [notice] = step.holds;
    return { ...step, facts, ...(notice ? { notice } : {}) };
  }
  if (role.kind === "surplus") {
    return { ...removeReplica(snapshot, service, role), facts };
  }
  const declaration = stepDeclaration(snapshot);
  const context = makeContext(snapshot, service, role);
  if (declaration) {
    const step = joinSteps(declaration, followContent(context));
    return { ...step, facts, condition: decideCondition(context, step) };
  }
  const step = advance(context);
  if (role.kind === "independent") return { ...step, facts, ...noticeApart(context, role.conflict) };
  const silent = role.kind === "origin" && !context.intent;
  return { ...step, facts, ...(silent ? {} : { condition: decideCondition(context, step) }) };
}

/** The other side of `Conflict`: nothing is written to a Service that nobody said takes part, so it is only told. */
function noticeApart({ intent, snapshot }: Context, conflict: boolean): { notice?: Notice } {
  if (!conflict) return {};
  const apart = "this Service takes no part";
  const reason = intent ? "Conflict" : "Independent";
  if (!intent || intent.mode === "none")
    return { notice: { reason, message: `${apart}: another cluster has its own, and no mode says more` } };
  const { mode, at } = intent;
  const ways = `${howToJoin(intent)} here, or name ${snapshot.own} in ${ADOPT} in ${at}, or leave it`;
  return { notice: { reason, message: `the latest intent is ${mode} at ${at}, but ${apart}: ${ways}` } };
}

/** A replica of nothing goes, unless its origin does not know yet, or too many go at once. */
function removeReplica(snapshot: Snapshot, service: Service, role: Role & { kind: "surplus" }): Omit<Plan, "facts"> {
  const untold = stepUntold(snapshot, service, role);
  if (untold) return untold;
  const { because, vanished } = role;
  const capped = vanished && capLosses(snapshot);
  if (capped) return { ...capped, condition: decideCondition(makeContext(snapshot, service, role), capped) };
  const loss = vanished ? { loss: vanished } : {};
  return writing(removeObject("services", service, because, { live: true, event: "ReplicaRemoved", ...loss }));
}

/** "Singular" written on a replica would be lost with it: it stays until the origin has copied the intent. */
function stepUntold(snapshot: Snapshot, service: Service, role: Role): Omit<Plan, "facts"> | undefined {
  const intent = latestVisible(snapshot);
  if (intent?.mode !== "singular" || isVoid(snapshot, intent)) return undefined;
  const server = snapshot.clusters.get(intent.at);
  if (server && sameIntent(intentOf(server), intent)) return undefined;
  const context = makeContext(snapshot, service, role);
  const step = joinSteps(followContent(context), holding("Holding", `${intent.at} has not taken the intent yet`));
  return { ...step, condition: decideCondition(context, step) };
}

/** All steps in the order of docs/protocol.md: what adds comes before what takes away. */
function advance(context: Context): Step {
  const metadata = stepMetadata(context);
  const wanted = wantCopies(context);
  const slices = stepCopies(context, wanted);
  const copies = joinSteps(slices, stepEndpoints(context, wanted.slices, slices.writes.length > 0));
  // A selector or shadow moves only under an intent this Service already carries, as others see it too.
  // Who leaves drops its keys last: as long as they are there, a restart knows what is left to do.
  const leaves = context.desire.forgetKeys && ourCopies(context.own).length === 0;
  if (metadata.writes.length > 0)
    return joinSteps(...(leaves ? [copies, metadata] : [metadata, copies]), stepConflicts(context));
  const settled = slices.writes.length > 0 ? settleCopies(context, wanted) : context;
  const selector = stepSelector(settled);
  return joinSteps(
    stepShadow(context),
    copies,
    selector,
    // Once the selector is back, the slices it had left behind are the live ones.
    selector.writes.length > 0 ? NOTHING : stepFrozen(settled),
    stepConflicts(context),
    stepRefused(context),
    stepUnreadable(context),
  );
}

/** Existing copies follow their sources, nothing else: what is done while a declaration waits for its stamp. */
function followContent(context: Context): Step {
  const idle: Context = { ...context, desire: { ...context.desire, legacy: "follow", shadow: "leave" } };
  return ourCopies(context.own).length ? stepCopies(idle, wantCopies(idle)) : NOTHING;
}

/** An absent Service is made only as a replica of a cluster whose own Service serves; the server never remakes its own. */
function createReplica(snapshot: Snapshot): Step {
  const own = ownView(snapshot);
  if (own.service) return NOTHING;
  const origin = chooseOrigin(snapshot);
  if (!origin?.service) return NOTHING;
  if (!own.namespace) return holding("NamespaceMissing", `namespace ${snapshot.key.namespace} does not exist here`);
  const latest = latestVisible(snapshot);
  const intent = latest && !isVoid(snapshot, latest) ? latest : undefined;
  const body = newReplica(origin.service, origin.name, snapshot.own, intent);
  const reason = `replica of ${origin.name}`;
  return writing({ verb: "create", resource: "services", name: body.metadata.name, body, reason, event: "Replicated" });
}

/** What cannot be seen is said, not guessed. */
function stepUnreadable(context: Context): Step {
  return joinSteps(stepUnseen(context), stepBarred(context));
}

/** A peer that says too much is named as such: nobody should look for a cut network. */
function stepBarred({ snapshot, desire, intent }: Context): Step {
  const asked = new Set([...desire.sources, ...(intent ? [intent.at] : [])]);
  const barred = peerViews(snapshot).filter((view) => view.barred !== undefined && asked.has(view.name));
  return joinSteps(...barred.map(({ name, barred }) => holding("Quarantined", `${name} is not followed: ${barred}`)));
}

function stepUnseen({ snapshot, desire, intent, serverReadable, own, role, service }: Context): Step {
  if (!serverReadable) return holding("PeerUnreachable", `${intent?.at} cannot be read: only its intent is followed`);
  const wanted = [...desire.sources].filter((name) => name !== own.name && !snapshot.clusters.get(name)?.listed);
  if (role.kind === "orphan" && role.released) {
    return holding("Orphaned", `the Service this cluster follows is gone in ${intent?.at}; set a mode to go on`);
  }
  if (wanted.length === 0) return NOTHING;
  const kind = replicaOf(service) === undefined ? "Service" : "replica";
  return holding("PeerUnreachable", `${wanted.join(", ")} cannot be read: this ${kind} keeps what it last knew`);
}
