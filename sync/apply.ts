/** Apply: the writes of a plan, one after the other, each with the precondition the plan gave it. */

import { CONDITION_IN_SYNC } from "../shared/keys.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import { removeIfExists } from "../shared/kube/lookup.ts";
import type { Condition, KubeObject, Service } from "../shared/kube/objects.ts";
import { endpointSlices, endpoints, type NamespacedPaths, services } from "../shared/kube/resources.ts";
import type { SyncCondition } from "../shared/protocol/condition.ts";
import type { ServiceKey } from "../shared/protocol/snapshot.ts";
import type { Resource, Write } from "../shared/protocol/write.ts";

const PATHS: Readonly<Record<Resource, NamespacedPaths>> = { services, endpointslices: endpointSlices, endpoints };

/** Makes one write. Returns the object as stored, undefined for a delete. Throws `ApiError`; a delete of what is gone is done. */
export async function applyWrite(client: KubeClient, key: ServiceKey, write: Write): Promise<KubeObject | undefined> {
  const paths = PATHS[write.resource];
  const path = paths.one(key.namespace, write.name);
  switch (write.verb) {
    case "create":
      return client.create(paths.in(key.namespace), write.body);
    case "update":
      return client.replace(path, write.body);
    case "patch":
      return client.patch(path, write.patch, "merge");
    case "delete": {
      const { uid, resourceVersion } = write;
      await removeIfExists(client, path, { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) });
      return undefined;
    }
  }
}

/** The condition we wrote last, as the Service shows it. */
export function existingCondition(service: Service | undefined): Condition | undefined {
  return service?.status?.conditions?.find((condition) => condition.type === CONDITION_IN_SYNC);
}

/**
 * Makes the condition say what is desired, or removes it where nothing is to be said any more; the Service as stored, undefined
 * if there was nothing to write. The transition time moves with the status alone, as API conventions ask. `now` in milliseconds.
 */
export async function applyCondition(
  client: KubeClient,
  service: Service,
  desired: SyncCondition | undefined,
  now: number,
): Promise<Service | undefined> {
  const { namespace = "", name } = service.metadata;
  // Strategic: conditions are merged by type, those of others stay.
  const write = (condition: object) =>
    client.patch<Service>(services.status(namespace, name), { status: { conditions: [condition] } }, "strategic");
  const existing = existingCondition(service);
  if (!desired) return existing && write({ $patch: "delete", type: CONDITION_IN_SYNC });
  const { status, reason, message } = desired;
  if (existing?.status === status && existing.reason === reason && existing.message === message) return undefined;
  const kept = existing?.status === status ? existing.lastTransitionTime : undefined;
  const lastTransitionTime = kept ?? new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
  const condition: Condition = { type: CONDITION_IN_SYNC, status, reason, message, lastTransitionTime };
  return write(condition);
}
