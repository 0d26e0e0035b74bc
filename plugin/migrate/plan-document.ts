/** The plan as an object: printed by a dry run, kept in a file, and run only while the clusters are as they were. Pure. */
import * as v from "valibot";
import { latestIntent } from "../../shared/intent.ts";
import { MODE } from "../../shared/keys.ts";
import { annotation } from "../../shared/kube/objects.ts";
import { replicaOf } from "../../shared/protocol/contribution.ts";
import { portablePorts } from "../../shared/protocol/ports.ts";
import { intentOf } from "../../shared/protocol/roles.ts";
import type { ClusterView } from "../../shared/protocol/snapshot.ts";
import { effectiveSelector } from "../../shared/selector.ts";
import { parseDuration } from "../duration.ts";
import { CliError } from "../exit.ts";
import type { SideFacts } from "./facts.ts";
import type { Move } from "./move.ts";
import type { MigrateOptions } from "./options.ts";
import type { PlannedStep } from "./plan.ts";

const TEXT = v.pipe(v.string(), v.minLength(1));
const SideSchema = v.object({ context: TEXT, cluster: TEXT, uid: TEXT });
const Observed = v.record(v.string(), v.string());

const PlanSchema = v.object({
  apiVersion: v.literal("cli.syndicate.vmware.com/v1"),
  kind: v.literal("MigrationPlan"),
  id: TEXT,
  namespace: TEXT,
  service: TEXT,
  from: SideSchema,
  to: SideSchema,
  contexts: v.array(TEXT),
  strategy: v.picklist(["union", "cutover"]),
  selector: v.exactOptional(v.record(v.string(), v.string())),
  minReady: TEXT,
  hold: TEXT,
  adopt: v.boolean(),
  observed: Observed,
});

/** A plan as kept in a file. `observed`: what was seen when it was made, as texts to be compared. */
export type PlanDocument = v.InferOutput<typeof PlanSchema>;

/** The document of a move, with its steps for people to read. */
export function makePlanDocument(
  move: Move,
  sides: { from: SideFacts; to: SideFacts; others: readonly string[] },
  views: ReadonlyMap<string, ClusterView>,
  steps: readonly PlannedStep[],
): PlanDocument & { steps: readonly PlannedStep[] } {
  const side = ({ context, cluster, uid }: SideFacts) => ({ context, cluster, uid });
  return {
    apiVersion: "cli.syndicate.vmware.com/v1",
    kind: "MigrationPlan",
    id: move.ticket.id,
    namespace: move.key.namespace,
    service: move.key.name,
    from: side(sides.from),
    to: side(sides.to),
    contexts: [...sides.others],
    strategy: move.strategy,
    ...(move.selector ? { selector: { ...move.selector } } : {}),
    minReady: move.minReady,
    hold: `${move.holdMs}ms`,
    adopt: move.adopt,
    observed: observe(move, views),
    steps,
  };
}

/** The plan in a parsed file. Throws `CliError` naming the first field that is wrong. */
export function parsePlan(content: unknown, file: string): PlanDocument {
  const result = v.safeParse(PlanSchema, content);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = issue.path?.map(({ key }) => String(key)).join(".") || "the whole file";
  throw new CliError(`${file} is no MigrationPlan: ${where}: ${issue.message}`, {
    next: "kubectl syndicate migrate SERVICE --from CONTEXT --to CONTEXT --dry-run=client -o yaml",
  });
}

/** The options with what the plan says. Throws `CliError` if flags say otherwise: a plan runs as it was read, or not at all. */
export function applyPlan(options: MigrateOptions, plan: PlanDocument): MigrateOptions {
  const planned = {
    service: plan.service,
    namespace: plan.namespace,
    from: plan.from.context,
    to: plan.to.context,
    others: plan.contexts,
    strategy: plan.strategy,
    selector: plan.selector,
    minReady: plan.minReady,
    holdMs: parseDuration(plan.hold) ?? 0,
    adopt: plan.adopt,
  } satisfies Partial<MigrateOptions>;
  for (const [name, value] of Object.entries(planned)) {
    const given = options[name as keyof MigrateOptions];
    const open = given === undefined || given === "" || given === false || (Array.isArray(given) && given.length === 0);
    if (!open && JSON.stringify(given) !== JSON.stringify(value)) {
      throw new CliError(`the plan says ${name} ${JSON.stringify(value)}, the command line ${JSON.stringify(given)}`);
    }
  }
  return { ...options, ...planned };
}

/** What differs now from what the plan saw, and whether its contexts still lead to its clusters. */
export function findChanges(
  plan: PlanDocument,
  move: Move,
  sides: { from: SideFacts; to: SideFacts },
  views: ReadonlyMap<string, ClusterView>,
): string[] {
  const strangers = (["from", "to"] as const)
    .filter((side) => sides[side].uid !== plan[side].uid)
    .map((side) => `context ${plan[side].context} leads to cluster ${sides[side].uid}, planned was ${plan[side].uid}`);
  const now = observe(move, views);
  const fields = [...new Set([...Object.keys(plan.observed), ...Object.keys(now)])].sort();
  const changes = fields
    .filter((field) => plan.observed[field] !== now[field])
    .map((field) => `${field} was ${plan.observed[field] ?? "absent"}, is ${now[field] ?? "absent"}`);
  return [...strangers, ...changes];
}

/** All that a decision rests on and that changes by somebody's will, not by pods that come and go. */
function observe({ from, to }: Move, views: ReadonlyMap<string, ClusterView>): Record<string, string> {
  const intent = latestIntent([...views.values()].map(intentOf));
  const declared = intent ? `${intent.mode} in ${intent.at} at ${new Date(intent.time).toISOString()}` : "nothing";
  const seen = { from: observeSide(views.get(from)), to: observeSide(views.get(to)) };
  const sides = Object.entries(seen).flatMap(([side, fields]) =>
    Object.entries(fields).map(([field, value]) => [`${side}.${field}`, value] as const),
  );
  return { declared, ...Object.fromEntries(sides) };
}

function observeSide(view: ClusterView | undefined): Record<string, string> {
  const service = view?.service;
  if (!service) return { service: "absent" };
  return {
    service: service.metadata.uid ?? "",
    mode: annotation(service, MODE) ?? "absent",
    replicaOf: replicaOf(service) ?? "none",
    selector: JSON.stringify(effectiveSelector(service) ?? {}),
    ports: JSON.stringify(portablePorts(service)),
  };
}
