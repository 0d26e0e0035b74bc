/** What people do: declare modes, with and without the webhook, and change pods. */
import jsonPatch from "fast-json-patch";
import { mutate } from "../../../shared/admission/mutate.ts";
import type { Situation } from "../../../shared/admission/request.ts";
import { validate } from "../../../shared/admission/validate.ts";
import { latestIntent } from "../../../shared/intent.ts";
import { MODE, SYNC_USER } from "../../../shared/keys.ts";
import type { Service } from "../../../shared/kube/objects.ts";
import { MODES, type Mode } from "../../../shared/mode.ts";
import type { Pod } from "../cluster.ts";
import { arrivalsUpTo, knowCached, WATCHES } from "./begin.ts";
import type { Draft } from "./draft.ts";
import { overtake, replaceSide, type Scene } from "./kubernetes.ts";
import { type Plans, START_MS } from "./plans.ts";
import { KEY, SERVICES } from "./sides.ts";
import type { Change, Space } from "./state.ts";

const LABELS = { app: "web" };

/** Every declaration that the webhook, where it is up, lets pass. `singular`: the latest intent is, see `isSingular`. */
export function stepCommands({ space, plans, draft, next, cluster, emit }: Scene, singular: boolean): void {
  const advices = findAdvices(space, plans, draft, cluster);
  for (const mode of [undefined, ...MODES]) {
    if (!space.mayDeclare(cluster, mode, draft.clock)) continue;
    const made = new Set([draft.side(cluster)]);
    for (const advice of advices) {
      const side = declare(space, plans, draft, cluster, mode, advice);
      if (side === undefined || made.has(side)) continue;
      made.add(side);
      next.set(draft);
      if (singular) overtake(space, next, cluster);
      next.charge("commands");
      next.clock += 1;
      replaceSide(space, next, cluster, side);
      const who = sayAdvice(space, plans, draft, cluster, advice);
      emit(next, () => `user: ${space.names[cluster]} becomes ${mode ?? "without mode"} (${who()})`);
    }
  }
}

/** Whether the latest intent of two sides is "singular": what is said then overtakes passes, which no longer lead there. */
export function isSingular({ sides }: Space, side: number, other: number): boolean {
  return latestIntent([sides.intent(side), sides.intent(other)])?.mode === "singular";
}

function declare(
  space: Space,
  plans: Plans,
  draft: Draft,
  cluster: number,
  mode: Mode | undefined,
  advice: number,
): number | undefined {
  const side = draft.side(cluster);
  const { clock } = draft;
  const key = [side, advice, cluster + 2 * (clock + 256 * (mode ? 1 + MODES.indexOf(mode) : 0))];
  return space.declared.of(key, () => {
    const service = space.sides.service(space.sides.table.at(side, SERVICES));
    if (!service) return undefined;
    const { [MODE]: _mode, ...others } = service.metadata.annotations ?? {};
    const annotations = mode ? { ...others, [MODE]: mode } : others;
    const time = new Date(START_MS + (clock + 1) * 1000).toISOString();
    const fieldsV1 = { "f:metadata": { "f:annotations": { [`f:${MODE}`]: {} } } };
    const entry = { manager: "kubectl-annotate", operation: "Update", time, fieldsV1 };
    const wanted = { ...service, metadata: { ...service.metadata, annotations, managedFields: [entry] } };
    const admitted = admit(space, plans, clock, cluster, service, wanted, advice);
    return admitted && putService(space, side, cluster, admitted);
  });
}

/** The Service as admission lets it pass, which has the advice of this number; undefined if it is refused. */
export function admit(
  space: Space,
  plans: Plans,
  clock: number,
  cluster: number,
  oldObject: Service,
  object: Service,
  advice: number,
): Service | undefined {
  if (advice === 0) return object;
  const situation: Situation = {
    request: { operation: "UPDATE", user: "person", ...KEY, fieldManager: "kubectl-annotate", object, oldObject },
    settings: { cluster: space.names[cluster] as string, syncUser: SYNC_USER, unionSelector: "strip" },
    advice: plans.advices.get(advice),
    now: START_MS + (clock + 1) * 1000,
  };
  const { patch } = mutate(situation);
  const copy = structuredClone(object);
  const mutated = jsonPatch.applyPatch(copy, patch as jsonPatch.Operation[]).newDocument;
  const request = { ...situation.request, object: mutated };
  return validate({ ...situation, request }).violations.length === 0 ? mutated : undefined;
}

/**
 * Numbers of all that the webhook may learn from the caches of its cluster's process, whatever has arrived in them: first 0, as it is
 * not there, then what they say now.
 */
export function findAdvices(space: Space, plans: Plans, draft: Draft, cluster: number): readonly number[] {
  const process = draft.process(cluster);
  const key = [...process.subarray(0, 5), cluster + 2 * draft.clock];
  return space.advices.of(key, () => {
    const lags = WATCHES.map((place) => space.watches.lag(process[place] as number));
    const known = arrivalsUpTo(lags).map((arrivals) => plans.advise(knowCached(space, draft, cluster, arrivals)));
    return [...new Set([0, ...known])];
  });
}

/** Whether the webhook was there, and knew what its process does, in words. */
export function sayAdvice(space: Space, plans: Plans, draft: Draft, cluster: number, advice: number): () => string {
  if (advice === 0) return () => "no webhook";
  return () =>
    advice === plans.advise(knowCached(space, draft, cluster, [0, 0, 0, 0]))
      ? "webhook, advice as cached"
      : "webhook, advice newer than the pass before";
}

/** The side with this Service in place of the one there. */
export function putService(space: Space, side: number, cluster: number, service: Service): number {
  return space.sides.change(cluster, side, (at) => {
    at.services.set(service.metadata.name, service);
    return true;
  }).side;
}

/** Every change of one pod, and a new pod. `used`: no number of a pod up to this one is given again. */
export function stepPods({ space, draft, next, cluster, emit }: Scene, used: number): void {
  const side = draft.side(cluster);
  const changes = space.podChanges.of([side, cluster + 2 * used], () => changePods(space, cluster, side, used));
  for (const { side: after, what } of changes) {
    next.set(draft).charge("podChanges");
    replaceSide(space, next, cluster, after);
    overtake(space, next, cluster);
    emit(next, () => `pods: ${what}`);
  }
}

/** `used`: no number of a pod up to this one is given again. */
function changePods(space: Space, cluster: number, side: number, used: number): Change[] {
  const pods = space.sides.podsOf(side);
  const changes: Change[] = [];
  const replace = (pod: Pod, by: Pod | undefined, what: string) => {
    const after = [...pods.filter((one) => one !== pod), ...(by ? [by] : [])];
    const put = space.sides.withPods(cluster, side, sortPods(after));
    // Nobody but the native controllers looks at pods: the change happens when they do.
    const { side: seen } = space.sides.runNative(cluster, put);
    changes.push({ side: seen, what: `${pod.ip} in ${space.names[cluster]} ${what}` });
  };
  for (const pod of pods) {
    replace(pod, { ...pod, ready: !pod.ready }, pod.ready ? "becomes unready" : "becomes ready");
    if (!pod.terminating) replace(pod, { ...pod, terminating: true }, "begins to terminate");
    replace(pod, undefined, "is gone");
  }
  const last = pods.reduce((most, { ip }) => Math.max(most, Number(ip.split(".")[3])), used);
  const born = newPod(cluster, 1 + last);
  replace(born, born, "starts and is ready");
  return changes;
}

/** Addresses say where and which; none is ever used twice. */
export function newPod(cluster: number, number: number): Pod {
  return { ip: `10.${cluster + 1}.0.${number}`, labels: LABELS, ready: true };
}

function sortPods(pods: readonly Pod[]): Pod[] {
  return pods.toSorted((a, b) => (a.ip < b.ip ? -1 : 1));
}
