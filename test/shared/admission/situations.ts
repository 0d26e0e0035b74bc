/** Builders for admission tests: a valid Service and request of cluster `a`, with overrides. */

import type { AdmissionRequest, AdmissionSettings, Situation } from "../../../shared/admission/request.ts";
import type { Advice, ClusterAdvice } from "../../../shared/advice.ts";
import { formatIntent, type IntentCopy } from "../../../shared/intent.ts";
import { INTENT, MODE, SELECTOR, SYNC_USER } from "../../../shared/keys.ts";
import type { ManagedFieldsEntry, Service } from "../../../shared/kube/objects.ts";

export const NOW = 1_800_000_000_000;

export const SETTINGS: AdmissionSettings = { cluster: "a", syncUser: SYNC_USER, unionSelector: "strip" };

export interface ServiceParts {
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
  managedFields?: ManagedFieldsEntry[];
  spec?: Service["spec"];
}

/** A ClusterIP Service `web` in `shop` that selects `app=web` on port 80. */
export function service({ annotations, labels, managedFields, spec }: ServiceParts = {}): Service {
  return {
    metadata: {
      name: "web",
      namespace: "shop",
      ...(annotations ? { annotations } : {}),
      ...(labels ? { labels } : {}),
      ...(managedFields ? { managedFields } : {}),
    },
    spec: {
      type: "ClusterIP",
      selector: { app: "web" },
      ports: [{ name: "http", port: 80, protocol: "TCP" }],
      ...spec,
    },
  };
}

/** The same without a selector. */
export function selectorless(parts: ServiceParts = {}): Service {
  const { selector: _selector, ...spec } = service(parts).spec;
  return { ...service(parts), spec };
}

/** Annotations of a Service that carries `mode` and follows `intent`. */
export function following(mode: string | undefined, intent: IntentCopy, extra: Record<string, string> = {}) {
  return { ...(mode === undefined ? {} : { [MODE]: mode }), [INTENT]: formatIntent(intent), ...extra };
}

/** A receiver of cluster `b` that has released its pods; it declared `receiver`, and `source` before that. */
export function stripped(extra: Record<string, string> = {}): Service {
  const intent: IntentCopy = { mode: "source", at: "b", from: "a", time: NOW - 1000, declared: ["source", "receiver"] };
  return selectorless({ annotations: following("receiver", intent, { [SELECTOR]: '{"app":"web"}', ...extra }) });
}

export interface RequestParts extends Partial<AdmissionRequest> {
  advice?: Advice | "unavailable";
  now?: number;
  settings?: Partial<AdmissionSettings>;
}

/** A request by a person; CREATE or UPDATE by what objects there are. */
export function situation({ advice, now, settings, ...request }: RequestParts): Situation {
  return {
    request: {
      operation: request.oldObject ? "UPDATE" : "CREATE",
      user: "jane",
      namespace: "shop",
      name: "web",
      ...request,
    },
    settings: { ...SETTINGS, ...settings },
    advice: advice ?? adviceOf(peer("b")),
    now: now ?? NOW,
  };
}

/** What the sync process of `a` says: its own Service and the given peers. */
export function adviceOf(...peers: ClusterAdvice[]): Advice {
  return { cluster: "a", clusters: [peer("a", { service: "own" }), ...peers] };
}

/** A readable cluster with a replica of the Service, unless told otherwise. */
export function peer(name: string, extra: Partial<ClusterAdvice> = {}): ClusterAdvice {
  const ports = [{ name: "http", port: 80, protocol: "TCP" }];
  return { name, readable: true, service: "replica", ready: 1, ports, ...extra };
}

/** The Service with one annotation set, or removed if there is no value. */
export function annotated(base: Service, key: string, value: string | undefined): Service {
  const annotations = { ...base.metadata.annotations };
  if (value === undefined) delete annotations[key];
  else annotations[key] = value;
  return { ...base, metadata: { ...base.metadata, annotations } };
}
