/** What `set` was asked for, and what the rules of admission say to it. Pure. */

import type { AdmissionSettings } from "../../shared/admission/request.ts";
import { validate } from "../../shared/admission/validate.ts";
import type { Violation } from "../../shared/admission/violation.ts";
import type { Advice } from "../../shared/advice.ts";
import { ADOPT, MIN_READY, MODE, PLUGIN_FIELD_MANAGER, SELECTOR, SUCCESSOR } from "../../shared/keys.ts";
import { annotation, type Service } from "../../shared/kube/objects.ts";
import { type Mode, type ModeOrAbsent, parseMode } from "../../shared/mode.ts";
import { replicaOf } from "../../shared/protocol/contribution.ts";
import { formatSelector, type Selector } from "../../shared/selector.ts";
import { judgeTransition } from "../../shared/transitions.ts";

/** The mode and what goes with it; undefined leaves an annotation as it is. */
export interface Wish {
  /** Undefined removes the mode. */
  mode: Mode | undefined;
  successor?: string | undefined;
  adopt?: string | undefined;
  selector?: Selector | undefined;
  minReady?: string | undefined;
}

/** Annotations to write; null removes. */
export type Annotations = Readonly<Record<string, string | null>>;

/** The annotations that say the wish. */
export function annotationsOf({ mode, successor, adopt, selector, minReady }: Wish): Annotations {
  return {
    [MODE]: mode ?? null,
    ...(successor === undefined ? {} : { [SUCCESSOR]: successor }),
    ...(adopt === undefined ? {} : { [ADOPT]: adopt }),
    ...(selector === undefined ? {} : { [SELECTOR]: formatSelector(selector) }),
    ...(minReady === undefined ? {} : { [MIN_READY]: minReady }),
  };
}

export interface Judgement {
  from: ModeOrAbsent;
  to: ModeOrAbsent;
  /** What it will bring about; absent if it is refused by the table of transitions. */
  means?: string;
  /** Why not; empty: it may be. */
  violations: readonly Violation[];
  warnings: readonly string[];
  /** The mode that takes it back. */
  undo: Mode | "none";
  /** Clusters whose replica will be deleted. */
  removed: readonly string[];
  /** Clusters that cannot be read, or were not looked at: if they have a replica, it will be deleted too. */
  perhaps: readonly string[];
  /** Nothing would change. */
  idle: boolean;
}

/** What is known where the wish is to be written. */
export interface Ground {
  service: Service;
  settings: AdmissionSettings;
  advice: Advice;
  /** Names of the clusters that take part, as the one where it is written knows them. */
  peers: readonly string[];
  /** Milliseconds since 1970. */
  now: number;
}

/** The verdict of the rules the webhook has, so that it is known without one and before anything is written. */
export function judgeWish(wish: Wish, { service, settings, advice, peers, now }: Ground): Judgement {
  const annotations = annotationsOf(wish);
  const from = parseMode(annotation(service, MODE)) ?? "absent";
  const to = wish.mode ?? "absent";
  const { violations, warnings } = validate({
    request: {
      operation: "UPDATE",
      user: "",
      namespace: service.metadata.namespace ?? "",
      name: service.metadata.name,
      fieldManager: PLUGIN_FIELD_MANAGER,
      object: withAnnotations(service, annotations),
      oldObject: service,
    },
    settings,
    advice,
    now,
  });
  const transition = judgeTransition(from, to);
  const back = judgeTransition(to, from);
  return {
    from,
    to,
    ...(transition.legal ? { means: transition.means } : {}),
    violations,
    warnings,
    undo: back.legal && from !== "absent" ? from : back.legal ? "none" : "source",
    removed: wish.mode === "singular" ? listReplicas(service, settings.cluster, advice) : [],
    perhaps: wish.mode === "singular" ? listUnread(peers, advice) : [],
    idle: Object.entries(annotations).every(([key, value]) => annotation(service, key) === (value ?? undefined)),
  };
}

function withAnnotations(service: Service, changes: Annotations): Service {
  const kept = Object.entries({ ...service.metadata.annotations, ...changes }).filter(([, value]) => value !== null);
  return {
    ...service,
    metadata: { ...service.metadata, annotations: Object.fromEntries(kept) as Record<string, string> },
  };
}

function listUnread(peers: readonly string[], { clusters }: Advice): string[] {
  const read = clusters.filter(({ readable }) => readable).map(({ name }) => name);
  const all = [...clusters.map(({ name }) => name), ...peers];
  return [...new Set(all)].filter((name) => !read.includes(name)).sort();
}

/** Written on a replica, `singular` counts for its origin, and the replica itself goes. */
function listReplicas(service: Service, cluster: string, { clusters }: Advice): string[] {
  const here = replicaOf(service) === undefined ? [] : [cluster];
  const there = clusters.filter(({ name, service: kind }) => name !== cluster && kind === "replica");
  return [...here, ...there.map(({ name }) => name)];
}
