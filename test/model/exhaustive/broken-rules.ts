/** The core with one of its rules broken, by what goes in or comes out: the exploration must notice each. */
import { impliedMode, latestIntent, parseIntent } from "../../../shared/intent.ts";
import { INTENT, MODE, REPLICA_OF } from "../../../shared/keys.ts";
import { annotation, type Service } from "../../../shared/kube/objects.ts";
import { nativeSlices, ourCopies } from "../../../shared/protocol/contribution.ts";
import { planService } from "../../../shared/protocol/plan.ts";
import { type ClusterView, ownView, type Snapshot } from "../../../shared/protocol/snapshot.ts";
import { hasUsable } from "../../../shared/protocol/usable.ts";
import { patchService, removeObject, type Write } from "../../../shared/protocol/write.ts";
import { hasSelector, savedSelector } from "../../../shared/selector.ts";
import type { Decide } from "./plans.ts";

/** A union strips as soon as it may, whatever its hold says. */
export const holdDropped: Decide = (snapshot) => {
  const plan = planService(snapshot);
  const { service } = ownView(snapshot);
  if (!hasSelector(service) || !service || !plan.holds.some(({ message }) => /the shadow/.test(message))) return plan;
  const strip = patchService(service, { spec: { selector: null } }, "strips without waiting", { live: true });
  return { ...plan, writes: [...plan.writes, strip] };
};

/** Everyone else is taken to have copied the latest intent, and to hold what the own cluster holds. */
export const acknowledgementDropped: Decide = (snapshot) => {
  const intents = [...snapshot.clusters.values()].map(
    ({ service }) => service && parseIntent(annotation(service, INTENT)),
  );
  const latest = latestIntent(intents);
  const own = ownView(snapshot);
  if (latest?.mode !== "source" || latest.at === own.name) return planService(snapshot);
  return planService(
    withViews(snapshot, (view) => {
      if (view.name === own.name || !view.service) return view;
      const mode = impliedMode(latest, view.name) ?? "";
      const annotations = { ...view.service.metadata.annotations, [INTENT]: JSON.stringify(latest), [MODE]: mode };
      const service = { ...view.service, metadata: { ...view.service.metadata, annotations } };
      return view.name === latest.at
        ? { ...view, service }
        : { ...view, service, slices: [...view.slices, ...own.slices] };
    }),
  );
};

/** What was never listed is taken for what there is. */
export const syncGateDropped: Decide = (snapshot) =>
  planService(withViews(snapshot, (view) => ({ ...view, listed: true })));

/** Times run backwards: the oldest intent wins. */
export const oldestWins: Decide = (snapshot) => {
  const turned = withViews(snapshot, (view) => (view.service ? { ...view, service: turnService(view.service) } : view));
  const plan = planService(turned);
  return { ...plan, writes: plan.writes.map((write) => turnTimes(write)) };
};

/** Times in intents are counted from here, in both directions. */
const MIRROR_MS = 1_700_000_000_000;

function turnTimes<T>(value: T): T {
  const turn = (_: string, time: string) => `\\"time\\":${2 * MIRROR_MS - Number(time)}`;
  return JSON.parse(JSON.stringify(value).replaceAll(/\\"time\\":(\d+)/g, turn)) as T;
}

function turnService(service: Service): Service {
  return turnTimes(service);
}

/** A promoted replica stays labelled as one. */
export const replicaLabelKept: Decide = (snapshot) => {
  const plan = planService(snapshot);
  return { ...plan, writes: plan.writes.map(keepReplicaLabel) };
};

function keepReplicaLabel(write: Write): Write {
  if (write.verb !== "patch") return write;
  const { labels, ...metadata } = write.patch["metadata"] as { labels?: Record<string, string | null> };
  if (labels?.[REPLICA_OF] !== null) return write;
  const { [REPLICA_OF]: _label, ...kept } = labels;
  return { ...write, patch: { ...write.patch, metadata: { ...metadata, labels: kept } } };
}

/** Frozen slices count as what remains: they go although nothing else is there. */
export const frozenCounted: Decide = (snapshot) => {
  const plan = planService(snapshot);
  const { service, slices } = ownView(snapshot);
  const frozen = hasSelector(service) ? [] : nativeSlices(slices);
  const kept = plan.writes.filter(({ reason }) => !reason.includes("went unready during the release"));
  const waits =
    kept.length < plan.writes.length || plan.holds.some(({ message }) => message.includes("former selector:"));
  if (frozen.length === 0 || !waits) return plan;
  const removals = frozen.map((slice) => removeObject("endpointslices", slice, "counted as remaining", { live: true }));
  return { ...plan, writes: [...kept, ...removals] };
};

/** The copies of the own shadow go before the restored selector covers its pods. */
export const coverDropped: Decide = (snapshot) => {
  const plan = planService(snapshot);
  if (!plan.holds.some(({ message }) => message.includes("in service without the shadow"))) return plan;
  const own = ownView(snapshot);
  const removals = ourCopies(own, own.name).map((slice) => removeObject("endpointslices", slice, "goes at once"));
  return { ...plan, writes: [...plan.writes, ...removals] };
};

/** Nothing is judged again from fresh reads. */
export const freshReadsDropped: Decide = (snapshot) => {
  const plan = planService(snapshot);
  return { ...plan, writes: plan.writes.map(({ live: _live, ...write }): Write => write) };
};

/** Copies that are there stay as they are, whatever becomes of the pods. */
export const contentIgnored: Decide = (snapshot) => {
  const plan = planService(snapshot);
  return { ...plan, writes: plan.writes.filter(({ verb, resource }) => verb !== "update" || resource === "services") };
};

/** What a removed selector left behind stays. */
export const frozenKept: Decide = (snapshot) => {
  const plan = planService(snapshot);
  return { ...plan, writes: plan.writes.filter(({ reason }) => reason !== "left behind by the removed selector") };
};

/** Who has released takes its pods back when the server has none ready. */
export const releasedServesAgain: Decide = (snapshot) => {
  const plan = planService(snapshot);
  const { service, shadow, slices } = ownView(snapshot);
  const selector = service && savedSelector(service);
  const follows = service && annotation(service, MODE) === "receiver" && !hasSelector(service) && !shadow;
  if (!follows || !selector || hasUsable(slices, service)) return plan;
  return { ...plan, writes: [...plan.writes, patchService(service, { spec: { selector } }, "takes its pods back")] };
};

/** An intent is copied to Services that take no part as well. */
export const consentIgnored: Decide = (snapshot) => {
  const plan = planService(snapshot);
  const { service } = ownView(snapshot);
  const views = [...snapshot.clusters.values()];
  const latest = latestIntent(views.map((view) => view.service && parseIntent(annotation(view.service, INTENT))));
  if (!service || !latest || annotation(service, INTENT)) return plan;
  const annotations = { [INTENT]: JSON.stringify(latest), [MODE]: impliedMode(latest, snapshot.own) ?? null };
  return { ...plan, writes: [patchService(service, { metadata: { annotations } }, "joins unasked")] };
};

function withViews(snapshot: Snapshot, change: (view: ClusterView) => ClusterView): Snapshot {
  return { ...snapshot, clusters: new Map([...snapshot.clusters].map(([name, view]) => [name, change(view)])) };
}
