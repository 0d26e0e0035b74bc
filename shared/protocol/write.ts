/** A plan is data: the writes to make in order, what holds the rest back, and what to tell the user. */
import type { EndpointSlice, Endpoints, KubeObject, Service } from "../kube/objects.ts";

export type Resource = "services" | "endpointslices" | "endpoints";

interface Common {
  resource: Resource;
  name: string;
  /** Why, in one sentence: the log line of this write. */
  reason: string;
  /** Judge again from fresh reads of every cluster right before writing: the step cannot be taken back unseen. */
  live?: true;
  /** Deletes because something vanished in a peer, not by anybody's word: counts towards the cap, see `losses.ts`. */
  loss?: true;
  /** Report this write as an Event on the Service. */
  event?: string;
}

export type Write =
  | (Common & { verb: "create"; body: Service | EndpointSlice | Endpoints })
  | (Common & { verb: "update"; body: EndpointSlice | Endpoints })
  /** JSON merge patch; carries `metadata.resourceVersion` where a race matters. */
  | (Common & { verb: "patch"; patch: Record<string, unknown> })
  | (Common & { verb: "delete"; uid: string; resourceVersion?: string });

/** A precondition that is not met yet, as shown to the user. */
export interface Hold {
  /** One CamelCase word, the reason of the condition. */
  reason: HoldReason;
  message: string;
}

export type HoldReason =
  | "Conflict"
  | "PortConflict"
  | "Quarantined"
  | "AddressRefused"
  | "PeerUnreachable"
  | "NamespaceMissing"
  | "NoSelector"
  | "Orphaned"
  | "Contended"
  | "TooManyDeletions"
  | "HostnameConflict"
  | "Holding";

/** What one step of the protocol adds to a plan. */
export interface Step {
  writes: Write[];
  holds: Hold[];
  /** Look again after so many milliseconds even if nothing changes. */
  recheckMs?: number;
}

/** Joins steps in order; the soonest recheck counts. */
export function joinSteps(...all: readonly Step[]): Step {
  const steps = all.filter((step) => step !== NOTHING);
  if (steps.length < 2) return steps[0] ?? NOTHING;
  const rechecks = steps.map((step) => step.recheckMs).filter((ms) => ms !== undefined);
  return {
    writes: steps.flatMap((step) => step.writes),
    holds: steps.flatMap((step) => step.holds),
    ...(rechecks.length ? { recheckMs: Math.min(...rechecks) } : {}),
  };
}

/** A step of writes only. */
export function writing(...writes: Write[]): Step {
  return { writes, holds: [] };
}

/** A step that only waits. */
export function holding(reason: HoldReason, message: string, recheckMs?: number): Step {
  return { writes: [], holds: [{ reason, message }], ...(recheckMs === undefined ? {} : { recheckMs }) };
}

/** The step that does nothing. */
export const NOTHING: Step = { writes: [], holds: [] };

/** A patch of `service` that fails if the Service changed since it was read. */
export function patchService(
  service: Service,
  patch: { metadata?: Record<string, unknown>; spec?: Record<string, unknown> },
  reason: string,
  extra: { live?: true; event?: string } = {},
): Write {
  const metadata = { ...patch.metadata, resourceVersion: service.metadata.resourceVersion };
  const body = { metadata, ...(patch.spec ? { spec: patch.spec } : {}) };
  return { verb: "patch", resource: "services", name: service.metadata.name, patch: body, reason, ...extra };
}

/** A delete of exactly this object, and with `unchanged` of exactly this version of it. */
export function removeObject(
  resource: Resource,
  object: KubeObject,
  reason: string,
  extra: { live?: true; event?: string; unchanged?: true; loss?: true } = {},
): Write {
  const { unchanged, ...rest } = extra;
  const { name, uid = "", resourceVersion } = object.metadata;
  const precondition = unchanged && resourceVersion !== undefined ? { resourceVersion } : {};
  return { verb: "delete", resource, name, uid, reason, ...precondition, ...rest };
}
