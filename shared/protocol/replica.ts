/** Replicas: the Services we make where none existed, and how they keep following the one they stand for. */

import { copyIntent, formatIntent, type Intent, impliedMode } from "../intent.ts";
import { INTENT, isOurKey, LABELS_NOT_COPIED, MODE, ORIGIN_SELECTOR, REPLICA_OF } from "../keys.ts";
import type { Service } from "../kube/objects.ts";
import { effectiveSelector, formatSelector } from "../selector.ts";
import { equalMaps } from "./copies.ts";
import { equalPorts, portablePorts } from "./ports.ts";

/** Label groups that instruct Kubernetes itself and lose their meaning on a copy. */
const RESERVED = /^([^/]+\.)?(kubernetes\.io|k8s\.io)\//;
/** Recommended labels of applications (kubernetes.io docs, "Recommended Labels") are the user's and are copied. */
const APP_LABEL = "app.kubernetes.io/";

/** True of a label that replicas get. */
export function isCopiedLabel(key: string): boolean {
  if (LABELS_NOT_COPIED.includes(key) || isOurKey(key)) return false;
  return key.startsWith(APP_LABEL) || !RESERVED.test(key);
}

/** The labels a replica of `origin` in `cluster` carries: the origin's without the deny list, and ours. */
export function replicaLabels(origin: Service, of: string): Record<string, string> {
  const copied = Object.entries(origin.metadata.labels ?? {}).filter(([key]) => isCopiedLabel(key));
  return { ...Object.fromEntries(copied), [REPLICA_OF]: of };
}

/** The Service to create in `cluster` as replica of `origin` (which lives in `of`), following `intent` if there is one. */
export function newReplica(origin: Service, of: string, cluster: string, intent: Intent | undefined): Service {
  const selector = effectiveSelector(origin);
  const mode = impliedMode(intent, cluster);
  const { namespace = "", name } = origin.metadata;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name,
      namespace,
      labels: replicaLabels(origin, of),
      annotations: {
        ...(selector ? { [ORIGIN_SELECTOR]: formatSelector(selector) } : {}),
        ...(intent ? { [INTENT]: formatIntent(copyIntent(intent, undefined)) } : {}),
        ...(mode ? { [MODE]: mode } : {}),
      },
    },
    spec: {
      type: "ClusterIP",
      ...(origin.spec.clusterIP === "None" ? { clusterIP: "None" } : {}),
      ipFamilyPolicy: familyPolicy(origin),
      ports: portablePorts(origin),
      ...followedFields(origin),
    },
  };
}

/**
 * One family for one family, and two where the cluster has them. Left to itself the API server gives a headless Service without
 * a selector both, even where there is only one (defaulting of `spec.ipFamilyPolicy`, Kubernetes 1.21), and refuses the selector later.
 */
function familyPolicy(origin: Service): "SingleStack" | "PreferDualStack" {
  return (origin.spec.ipFamilies?.length ?? 0) > 1 ? "PreferDualStack" : "SingleStack";
}

function followedFields(origin: Service): Pick<Service["spec"], "sessionAffinity" | "publishNotReadyAddresses"> {
  const { sessionAffinity, sessionAffinityConfig, publishNotReadyAddresses } = origin.spec;
  return {
    ...(sessionAffinity === undefined ? {} : { sessionAffinity }),
    ...(sessionAffinityConfig === undefined ? {} : { sessionAffinityConfig }),
    ...(publishNotReadyAddresses === undefined ? {} : { publishNotReadyAddresses }),
  };
}

/** What differs in a replica's spec from its origin's: a merge patch, undefined if nothing does. */
export function replicaSpecPatch(replica: Service, origin: Service): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  if (!equalPorts(portablePorts(replica), portablePorts(origin))) patch["ports"] = portablePorts(origin);
  const affinity = origin.spec.sessionAffinity ?? "None";
  if ((replica.spec.sessionAffinity ?? "None") !== affinity) {
    patch["sessionAffinity"] = affinity;
    patch["sessionAffinityConfig"] = origin.spec.sessionAffinityConfig ?? null;
  }
  const publish = origin.spec.publishNotReadyAddresses ?? false;
  if ((replica.spec.publishNotReadyAddresses ?? false) !== publish) patch["publishNotReadyAddresses"] = publish;
  // The API server's own choice for a replica that was made without one.
  const { clusterIP, ipFamilyPolicy } = replica.spec;
  if (clusterIP === "None" && ipFamilyPolicy === "RequireDualStack" && familyPolicy(origin) === "SingleStack")
    patch["ipFamilyPolicy"] = "SingleStack";
  return Object.keys(patch).length ? patch : undefined;
}

/** The label changes that make a replica's labels its origin's: a merge patch (null removes), undefined if none. */
export function replicaLabelPatch(replica: Service, origin: Service, of: string) {
  const existing = replica.metadata.labels ?? {};
  const desired = replicaLabels(origin, of);
  if (equalMaps(existing, desired)) return undefined;
  const removed = Object.keys(existing).filter((key) => !Object.hasOwn(desired, key));
  return { ...desired, ...Object.fromEntries(removed.map((key) => [key, null])) };
}
