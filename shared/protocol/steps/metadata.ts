/** Step: everything on the own Service but its selector, in one patch: intent and mode, replica label, saved selector, ports. */

import { copyIntent, formatIntent, type Intent, impliedMode, sameIntent } from "../../intent.ts";
import {
  ADOPT,
  INTENT,
  MIGRATION,
  MODE,
  ORIGIN_SELECTOR,
  OVERRIDE,
  REPLICA_OF,
  SELECTOR,
  SUCCESSOR,
} from "../../keys.ts";
import { annotation, label, type Service } from "../../kube/objects.ts";
import {
  effectiveSelector,
  formatSelector,
  hasSelector,
  ownSelector,
  sameSelector,
  savedSelector,
} from "../../selector.ts";
import type { Context } from "../context.ts";
import { ourCopies } from "../contribution.ts";
import { replicaLabelPatch, replicaSpecPatch } from "../replica.ts";
import { intentOf } from "../roles.ts";
import { NOTHING, patchService, type Step, writing } from "../write.ts";

type Values = Record<string, string | null>;

/** One patch for all of it, so that no reader ever sees half of a decision. */
export function stepMetadata(context: Context): Step {
  const { service } = context;
  const origin = originOf(context);
  const annotations = {
    ...intentAnnotations(context),
    ...selectorAnnotations(context, origin?.service),
    ...forgottenAnnotations(context),
  };
  const labels = labelChanges(context, origin);
  const spec = origin ? replicaSpecPatch(service, origin.service) : undefined;
  const metadata = {
    ...(Object.keys(annotations).length ? { annotations } : {}),
    ...(labels ? { labels } : {}),
  };
  if (!spec && Object.keys(metadata).length === 0) return NOTHING;
  const changesMode = Object.hasOwn(annotations, MODE) || Object.hasOwn(annotations, INTENT);
  const patch = { metadata, ...(spec ? { spec } : {}) };
  return writing(patchService(service, patch, explain(context), changesMode ? { event: "FollowsIntent" } : {}));
}

function explain({ desire, intent }: Context): string {
  if (desire.forgetKeys) return "takes no part any more";
  if (desire.intent === "leave" || !intent) return "follows its origin";
  return `follows the intent ${intent.mode} at ${intent.at}`;
}

/** The Service a replica stands for, if it can be read. */
function originOf({ snapshot, desire }: Context): { name: string; service: Service } | undefined {
  if (desire.replicaOf === undefined || desire.replicaOf === "leave") return undefined;
  const view = snapshot.clusters.get(desire.replicaOf);
  return view?.listed && view.service ? { name: view.name, service: view.service } : undefined;
}

function intentAnnotations({ own, service, desire, snapshot }: Context): Values {
  if (desire.intent === "leave" || !desire.intent) return {};
  const intent: Intent = desire.intent;
  const mode = impliedMode(intent, snapshot.own);
  const existing = intentOf(own);
  return {
    ...(annotation(service, MODE) === mode ? {} : { [MODE]: mode ?? null }),
    ...(sameIntent(existing, intent) ? {} : { [INTENT]: formatIntent(copyIntent(intent, existing)) }),
  };
}

/** Save the live selector before it may be stripped; drop saved ones once the live one says the same. */
function selectorAnnotations({ service, desire }: Context, origin: Service | undefined): Values {
  const live = service.spec.selector;
  if (desire.selector === "restore") {
    if (!hasSelector(service) || desire.replicaOf !== undefined) return {};
    return {
      ...(sameSelector(savedSelector(service), live) ? { [SELECTOR]: null } : {}),
      ...(annotation(service, ORIGIN_SELECTOR) === undefined ? {} : { [ORIGIN_SELECTOR]: null }),
    };
  }
  const save = desire.selector !== "leave" && hasSelector(service) && !sameSelector(savedSelector(service), live);
  const text = selectorFrom(service, origin);
  return {
    ...(save && live ? { [SELECTOR]: formatSelector(live) } : {}),
    ...(text !== undefined && annotation(service, ORIGIN_SELECTOR) !== text ? { [ORIGIN_SELECTOR]: text } : {}),
  };
}

/** What a replica remembers of its origin. One that was a replica itself may know its own origin's alone: better than none. */
function selectorFrom(service: Service, origin: Service | undefined): string | undefined {
  const known = annotation(service, ORIGIN_SELECTOR) !== undefined;
  const selector = origin && (known ? ownSelector(origin) : effectiveSelector(origin));
  return selector && formatSelector(selector);
}

/** Keys go last: as long as they are there, a restart knows what is left to do. */
function forgottenAnnotations({ own, service, desire }: Context): Values {
  if (!desire.forgetKeys || ourCopies(own).length > 0 || own.shadow) return {};
  if (!hasSelector(service) && effectiveSelector(service)) return {};
  const keys = [MODE, INTENT, SELECTOR, ORIGIN_SELECTOR, SUCCESSOR, ADOPT, OVERRIDE, MIGRATION];
  return Object.fromEntries(keys.filter((key) => annotation(service, key) !== undefined).map((key) => [key, null]));
}

function labelChanges({ service, desire }: Context, origin: { name: string; service: Service } | undefined) {
  if (desire.replicaOf === "leave") return undefined;
  if (origin) return replicaLabelPatch(service, origin.service, origin.name);
  if (desire.replicaOf === undefined) {
    return label(service, REPLICA_OF) === undefined ? undefined : { [REPLICA_OF]: null };
  }
  return label(service, REPLICA_OF) === desire.replicaOf ? undefined : { [REPLICA_OF]: desire.replicaOf };
}
