/** What people do: declare modes, with and without the webhook, and change pods. */
import jsonPatch from "fast-json-patch";
import { mutate } from "../../../shared/admission/mutate.ts";
import type { Situation } from "../../../shared/admission/request.ts";
import { validate } from "../../../shared/admission/validate.ts";
import type { Advice } from "../../../shared/advice.ts";
import { type Intent, latestIntent, parseIntent } from "../../../shared/intent.ts";
import { INTENT, MODE, SYNC_USER } from "../../../shared/keys.ts";
import { annotation, type Service } from "../../../shared/kube/objects.ts";
import { MODES, type Mode } from "../../../shared/mode.ts";
import { adviseOn } from "../../../shared/protocol/advise.ts";
import { type Emit, overtake, replaceSide } from "./kubernetes.ts";
import { type Plans, START_MS } from "./plans.ts";
import { KEY, type ModelPod, SERVICES } from "./sides.ts";
import { type Draft, OWN_NATIVES, OWN_SERVICES, PEER_NATIVES, PEER_SERVICES, type Space } from "./state.ts";
import { knowCached } from "./sync.ts";

const LABELS = { app: "web" };

/** Whether the webhook is asked, and what it learns of the other cluster. */
export type Admission = "absent" | "as cached" | "up to date";
const ADMISSIONS: readonly Admission[] = ["absent", "as cached", "up to date"];

/** Every declaration that the webhook, where it is up, lets pass. */
export function stepCommands(space: Space, plans: Plans, draft: Draft, next: Draft, emit: Emit): void {
  for (const cluster of [0, 1]) {
    for (const mode of [undefined, ...MODES]) {
      const made = new Set([draft.side(cluster)]);
      for (const admission of ADMISSIONS) {
        const side = declare(space, plans, draft, cluster, mode, admission);
        if (side === undefined || made.has(side)) continue;
        made.add(side);
        command(space, next.set(draft), cluster, side);
        const who = admission === "absent" ? "no webhook" : `webhook, advice ${admission}`;
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
  const services = [0, 1].map((one) => space.sides.service(space.sides.table.at(draft.side(one), SERVICES)));
  return latestIntent(services.map((service) => service && parseIntent(annotation(service, INTENT))));
}

function declare(
  space: Space,
  plans: Plans,
  draft: Draft,
  cluster: number,
  mode: Mode | undefined,
  admission: Admission,
): number | undefined {
  const service = space.sides.service(space.sides.table.at(draft.side(cluster), SERVICES));
  if (!service) return undefined;
  const { [MODE]: _mode, ...others } = service.metadata.annotations ?? {};
  const annotations = mode ? { ...others, [MODE]: mode } : others;
  const now = START_MS + (draft.clock + 1) * 1000;
  const fieldsV1 = { "f:metadata": { "f:annotations": { [`f:${MODE}`]: {} } } };
  const entry = { manager: "kubectl-annotate", operation: "Update", time: new Date(now).toISOString(), fieldsV1 };
  const wanted = { ...service, metadata: { ...service.metadata, annotations, managedFields: [entry] } };
  const admitted = admit(space, plans, draft, cluster, service, wanted, admission);
  return admitted && putService(space, draft, cluster, admitted);
}

/** The Service as admission lets it pass; undefined if it is refused. */
export function admit(
  space: Space,
  plans: Plans,
  draft: Draft,
  cluster: number,
  oldObject: Service,
  object: Service,
  admission: Admission,
): Service | undefined {
  if (admission === "absent") return object;
  const situation: Situation = {
    request: { operation: "UPDATE", user: "person", ...KEY, fieldManager: "kubectl-annotate", object, oldObject },
    settings: { cluster: space.names[cluster] as string, syncUser: SYNC_USER, unionSelector: "strip" },
    advice: advise(space, plans, draft, cluster, admission),
    now: START_MS + (draft.clock + 1) * 1000,
  };
  const { patch } = mutate(situation);
  const copy = structuredClone(object);
  const mutated = jsonPatch.applyPatch(copy, patch as jsonPatch.Operation[]).newDocument;
  const request = { ...situation.request, object: mutated };
  return validate({ ...situation, request }).violations.length === 0 ? mutated : undefined;
}

function advise(space: Space, plans: Plans, draft: Draft, cluster: number, admission: Admission): Advice {
  const process = draft.process(cluster);
  const lag = (place: number) => (admission === "as cached" ? 0 : space.watches.lag(process[place] as number));
  const arrivals = [lag(OWN_SERVICES), lag(OWN_NATIVES), lag(PEER_SERVICES), lag(PEER_NATIVES)] as const;
  return adviseOn(plans.snapshot(knowCached(space, draft, cluster, arrivals)));
}

/** The side with this Service in place of the one there. */
export function putService(space: Space, draft: Draft, cluster: number, service: Service): number {
  return space.sides.change(cluster, draft.side(cluster), (at) => {
    at.services.set(service.metadata.name, service);
    return true;
  }).side;
}

/** Every change of one pod, one of each kind of equal pods, and a new pod. */
export function stepPods(space: Space, draft: Draft, next: Draft, emit: Emit): void {
  for (const cluster of [0, 1]) {
    const pods = space.sides.podsOf(draft.side(cluster));
    const replace = (pod: ModelPod, by: ModelPod | undefined, what: string) => {
      const after = [...pods.filter((one) => one !== pod), ...(by ? [{ ...by, changed: true }] : [])];
      const side = space.sides.withPods(cluster, draft.side(cluster), sortPods(after));
      next.set(draft).charge("podChanges");
      // Nobody but the native controllers looks at pods: the change happens when they do.
      replaceSide(space, next, cluster, space.sides.runNative(cluster, side).side);
      overtake(next);
      emit(next, () => `pods: ${pod.ip} in ${space.names[cluster]} ${what}`);
    };
    const untouched = pods.find((pod) => !pod.changed);
    for (const pod of pods) {
      if (!pod.changed && pod !== untouched) continue;
      replace(pod, { ...pod, ready: !pod.ready }, pod.ready ? "becomes unready" : "becomes ready");
      if (!pod.terminating) replace(pod, { ...pod, terminating: true }, "begins to terminate");
      replace(pod, undefined, "is gone");
    }
    const born = newPod(
      cluster,
      1 +
        pods.reduce(
          (most, { ip }) => Math.max(most, Number(ip.split(".")[3])),
          draft.events === 0 ? 0 : 4 - draft.podChanges,
        ),
    );
    replace(born, born, "starts and is ready");
  }
}

/** Addresses say where and which; none is ever used twice. */
export function newPod(cluster: number, number: number): ModelPod {
  return { ip: `10.${cluster + 1}.0.${number}`, labels: LABELS, ready: true };
}

function sortPods(pods: readonly ModelPod[]): ModelPod[] {
  return pods.toSorted((a, b) => (a.ip < b.ip ? -1 : 1));
}
