/** What people do: declare modes, with and without the webhook, and change pods. */
import jsonPatch from "fast-json-patch";
import { mutate } from "../../../shared/admission/mutate.ts";
import type { Situation } from "../../../shared/admission/request.ts";
import { validate } from "../../../shared/admission/validate.ts";
import { type Intent, latestIntent } from "../../../shared/intent.ts";
import { MODE, SYNC_USER } from "../../../shared/keys.ts";
import type { Service } from "../../../shared/kube/objects.ts";
import { MODES, type Mode } from "../../../shared/mode.ts";
import type { Pod } from "../cluster.ts";
import { type Emit, overtake, replaceSide } from "./kubernetes.ts";
import { type Plans, START_MS } from "./plans.ts";
import { KEY, SERVICES } from "./sides.ts";
import {
  type Change,
  type Draft,
  OWN_NATIVES,
  OWN_SERVICES,
  PEER_NATIVES,
  PEER_SERVICES,
  type Space,
} from "./state.ts";
import { knowCached } from "./sync.ts";

const LABELS = { app: "web" };

/** Whether the webhook is asked, and what it learns of the other cluster. */
export type Admission = "absent" | "as cached" | "up to date";
const ADMISSIONS: readonly Admission[] = ["absent", "as cached", "up to date"];

/** Every declaration that the webhook, where it is up, lets pass. */
export function stepCommands(space: Space, plans: Plans, draft: Draft, next: Draft, emit: Emit): void {
  for (const cluster of [0, 1]) {
    const advices = ADMISSIONS.map((admission) => askAdvice(space, plans, draft, cluster, admission));
    for (const mode of [undefined, ...MODES]) {
      const made = new Set([draft.side(cluster)]);
      for (const [i, advice] of advices.entries()) {
        const side = declare(space, plans, draft, cluster, mode, advice);
        if (side === undefined || made.has(side)) continue;
        made.add(side);
        command(space, next.set(draft), cluster, side);
        const who = advice === 0 ? "no webhook" : `webhook, advice ${ADMISSIONS[i]}`;
        emit(next, () => `user: ${space.names[cluster]} becomes ${mode ?? "without mode"} (${who})`);
      }
    }
  }
}

function command(space: Space, next: Draft, cluster: number, side: number): void {
  if (latestIn(space, next)?.mode === "singular") overtake(next);
  next.charge("commands");
  next.clock += 1;
  replaceSide(space, next, cluster, side);
}

function latestIn(space: Space, draft: Draft): Intent | undefined {
  return latestIntent([0, 1].map((one) => space.sides.intent(draft.side(one))));
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

/** The number of what the webhook learns; 0: it is not there. */
export function askAdvice(space: Space, plans: Plans, draft: Draft, cluster: number, admission: Admission): number {
  if (admission === "absent") return 0;
  const process = draft.process(cluster);
  const lag = (place: number) => (admission === "as cached" ? 0 : space.watches.lag(process[place] as number));
  const arrivals = [lag(OWN_SERVICES), lag(OWN_NATIVES), lag(PEER_SERVICES), lag(PEER_NATIVES)] as const;
  return plans.advise(knowCached(space, draft, cluster, arrivals));
}

/** The side with this Service in place of the one there. */
export function putService(space: Space, side: number, cluster: number, service: Service): number {
  return space.sides.change(cluster, side, (at) => {
    at.services.set(service.metadata.name, service);
    return true;
  }).side;
}

/** Every change of one pod, and a new pod. */
export function stepPods(space: Space, draft: Draft, next: Draft, emit: Emit): void {
  for (const cluster of [0, 1]) {
    const side = draft.side(cluster);
    // Before the first change the numbers of the pods there were are known.
    const used = draft.events === 0 ? 0 : 4 - draft.podChanges;
    const changes = space.podChanges.of([side, cluster + 2 * used], () => changePods(space, cluster, side, used));
    for (const { side: after, what } of changes) {
      next.set(draft).charge("podChanges");
      replaceSide(space, next, cluster, after);
      overtake(next);
      emit(next, () => `pods: ${what}`);
    }
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
