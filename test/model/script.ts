/** Stories of what happens from outside, to be played on the model and on real clusters. */
import fc from "fast-check";
import { MODES, type Mode } from "../../shared/mode.ts";

/** One thing that somebody does, or that happens to pods. The first two clusters have a pod to begin with. */
export type ScriptEvent =
  | { kind: "mode"; cluster: string; mode: Mode | null; successor?: string }
  | { kind: "pod"; cluster: string; change: PodChange }
  /** The Service, by hand. */
  | { kind: "delete"; cluster: string }
  /** The manifest as its owner keeps it: without a mode. */
  | { kind: "apply"; cluster: string };

/** All but `starts` speak of the first pod. */
export type PodChange = "unready" | "ready" | "terminating" | "gone" | "starts";

const POD_CHANGES: readonly PodChange[] = ["unready", "ready", "terminating", "gone", "starts"];

/** Besides its events, once at a time of its own: both clusters cut off from each other for a while, or a sync process killed. */
export type Disturbance = { kind: "cut" } | { kind: "kill"; cluster: string };

export interface Script {
  events: readonly ScriptEvent[];
  disturbance?: Disturbance;
}

/** An event in words. */
export function tellEvent(event: ScriptEvent): string {
  const { kind, cluster } = event;
  if (kind === "mode") {
    const after = event.successor ? ` after ${event.successor}` : "";
    return `${cluster} becomes ${event.mode ?? "without mode"}${after}`;
  }
  return kind === "pod" ? `pod in ${cluster} ${event.change}` : `${kind} in ${cluster}`;
}

export function tellScript({ events, disturbance }: Script): string {
  const meanwhile = disturbance?.kind === "cut" ? ["cut"] : disturbance ? [`kill in ${disturbance.cluster}`] : [];
  return [events.map(tellEvent).join(", "), ...meanwhile].join("; meanwhile ");
}

/** Address of the pod that an event `starts`: the lowest number that no pod of the cluster has had. The exploration numbers pods in this way too. */
export function startedAddress({ events }: Script, event: ScriptEvent, clusters: readonly string[]): string {
  const before = events
    .slice(0, events.indexOf(event))
    .filter((one) => one.kind === "pod" && one.change === "starts" && one.cluster === event.cluster);
  return podAddress(event.cluster, clusters, 2 + before.length);
}

export function podAddress(cluster: string, clusters: readonly string[], number: number): string {
  return `10.${clusters.indexOf(cluster) + 1}.0.${number}`;
}

const MOST_COMMANDS = 2;
const MOST_POD_CHANGES = 2;

/** Whether a story can be told within the bound of the exploration: pods that are gone do not change, and so on. */
function isPossible(clusters: readonly string[], events: readonly ScriptEvent[]): boolean {
  const count = (kind: ScriptEvent["kind"]) => events.filter((event) => event.kind === kind).length;
  if (count("mode") > MOST_COMMANDS || count("pod") > MOST_POD_CHANGES) return false;
  if (count("delete") + count("apply") > 1) return false;
  const first = new Map<string, PodChange>();
  for (const event of events) {
    if (event.kind !== "pod" || event.change === "starts") continue;
    if (clusters.indexOf(event.cluster) > 1) return false;
    if (!mayFollow(first.get(event.cluster) ?? "ready", event.change)) return false;
    first.set(event.cluster, event.change);
  }
  const said = events.find((event) => event.kind === "mode");
  return said !== undefined && said.mode !== null;
}

/** Whether a pod may change so after the change before. */
function mayFollow(before: PodChange, change: PodChange): boolean {
  if (before === "gone" || before === change) return false;
  return before !== "terminating" || change === "gone";
}

function arbitraryEvent(clusters: readonly string[]): fc.Arbitrary<ScriptEvent> {
  const cluster = fc.constantFrom(...clusters);
  const mode = fc.constantFrom<Mode | null>(...MODES, null);
  const change = fc.constantFrom(...POD_CHANGES);
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("mode" as const), cluster, mode }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("pod" as const), cluster, change }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("delete" as const, "apply" as const), cluster }) },
  );
}

/** So many different stories for these clusters, always the same for a seed. With three or more, a receiver names its successor. */
export function sampleScripts(clusters: readonly string[], count: number, seed: number): Script[] {
  const stories = fc
    .array(arbitraryEvent(clusters), { minLength: 2, maxLength: 3 })
    .filter((events) => isPossible(clusters, events))
    .map((events) => ({ events: events.map((event) => nameSuccessor(clusters, event)) }));
  const found = new Map<string, Script>();
  for (let more = count; found.size < count; more *= 2) {
    for (const script of fc.sample(stories, { numRuns: more, seed })) {
      if (found.size < count) found.set(tellScript(script), script);
    }
  }
  return [...found.values()];
}

function nameSuccessor(clusters: readonly string[], event: ScriptEvent): ScriptEvent {
  if (event.kind !== "mode" || event.mode !== "receiver" || clusters.length < 3) return event;
  const next = clusters[(clusters.indexOf(event.cluster) + 1) % clusters.length] as string;
  return { ...event, successor: next };
}
