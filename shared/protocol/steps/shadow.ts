/** Step: the shadow, the headless Service through which the native controllers go on tracking a stripped Service's pods. */

import { SHADOW_OF } from "../../keys.ts";
import type { Service } from "../../kube/objects.ts";
import { hashedShadowName, shadowName } from "../../names.ts";
import { effectiveSelector, type Selector, sameSelector } from "../../selector.ts";
import { type Context, findConflict, retiresShadow, shadowCovered } from "../context.ts";
import { ourCopies } from "../contribution.ts";
import { equalPorts, portablePorts } from "../ports.ts";
import { judgeRelease } from "../release.ts";
import { holding, NOTHING, removeObject, type Step, writing } from "../write.ts";

/** Creates, adjusts or removes the shadow as the role wants it. */
export function stepShadow(context: Context): Step {
  switch (context.desire.shadow) {
    case "leave":
      return NOTHING;
    case "create":
      return context.own.shadow ? adjustShadow(context, context.own.shadow) : createShadow(context);
    case "retire":
      return context.own.shadow ? retireShadow(context, context.own.shadow) : NOTHING;
    case "release":
      return context.own.shadow ? releaseShadow(context, context.own.shadow) : NOTHING;
  }
}

function createShadow({ service, own }: Context): Step {
  const selector = effectiveSelector(service);
  if (!selector) {
    return holding(
      "NoSelector",
      "no selector is known for the pods of this cluster; set vmware.com/syndicate-selector",
    );
  }
  const plain = shadowName(service.metadata.name);
  const body = newShadow(service, selector, own.shadowNameTaken ? hashedShadowName(service.metadata.name) : plain);
  const reason = "tracks the pods of a Service that is about to lose its selector";
  return writing({ verb: "create", resource: "services", name: body.metadata.name, body, reason });
}

/** The shadow of `service`: headless, same ports and families, owned by it, with no labels but ours. */
export function newShadow(service: Service, selector: Selector, name: string): Service {
  const { namespace = "", uid = "" } = service.metadata;
  const { ipFamilies, ipFamilyPolicy, publishNotReadyAddresses } = service.spec;
  const owner = { apiVersion: "v1", kind: "Service", name: service.metadata.name, uid, controller: true };
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name,
      namespace,
      labels: { [SHADOW_OF]: service.metadata.name },
      ownerReferences: [{ ...owner, blockOwnerDeletion: true }],
    },
    spec: {
      type: "ClusterIP",
      clusterIP: "None",
      selector: { ...selector },
      ports: portablePorts(service),
      ...(ipFamilies ? { ipFamilies } : {}),
      ...(ipFamilyPolicy ? { ipFamilyPolicy } : {}),
      ...(publishNotReadyAddresses === undefined ? {} : { publishNotReadyAddresses }),
    },
  };
}

function adjustShadow({ service }: Context, shadow: Service): Step {
  const selector = effectiveSelector(service);
  const spec: Record<string, unknown> = {};
  // A merge patch merges maps: keys that are gone must be named with null.
  if (selector && !sameSelector(selector, shadow.spec.selector)) {
    const gone = Object.keys(shadow.spec.selector ?? {}).filter((key) => !Object.hasOwn(selector, key));
    spec["selector"] = { ...selector, ...Object.fromEntries(gone.map((key) => [key, null])) };
  }
  const ports = portablePorts(service);
  if (!equalPorts(portablePorts(shadow), ports)) spec["ports"] = ports;
  const publish = service.spec.publishNotReadyAddresses ?? false;
  if ((shadow.spec.publishNotReadyAddresses ?? false) !== publish) spec["publishNotReadyAddresses"] = publish;
  if (Object.keys(spec).length === 0) return NOTHING;
  const patch = { metadata: { resourceVersion: shadow.metadata.resourceVersion }, spec };
  const reason = "the shadow follows its Service";
  return writing({ verb: "patch", resource: "services", name: shadow.metadata.name, patch, reason });
}

/** Our copies of the shadow go first, then the shadow. */
function retireShadow(context: Context, shadow: Service): Step {
  if (!shadowCovered(context)) return holding("Holding", "waits until the own pods are in service without the shadow");
  if (ourCopies(context.own, context.own.name).length > 0) return NOTHING;
  return writing(
    removeObject("services", shadow, "the native slices offer all that the shadow offered", { live: true }),
  );
}

/** Deleting the shadow of a stripped Service is its release. */
function releaseShadow(context: Context, shadow: Service): Step {
  const { snapshot, intent } = context;
  if (retiresShadow(context)) return retireShadow(context, shadow);
  if (!intent || findConflict(context)) return NOTHING;
  const release = judgeRelease(snapshot, intent);
  if (!release.ready) return holding("Holding", `keeps serving: ${release.because}`, release.recheckMs);
  return writing(
    removeObject("services", shadow, `released: ${intent.at} serves everywhere`, { live: true, event: "Released" }),
  );
}
