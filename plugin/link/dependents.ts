/** Which Services of a cluster need a peer. Pure. */

import { parseIntent } from "../../shared/intent.ts";
import { INTENT, SERVICE_NAME, SHADOW_OF } from "../../shared/keys.ts";
import { annotation, type EndpointSlice, label, type Service } from "../../shared/kube/objects.ts";
import { replicaOf } from "../../shared/protocol/contribution.ts";
import { sourceOf } from "../../shared/protocol/copies.ts";

export interface Dependent {
  /** `namespace/name`. */
  service: string;
  /** What of it comes from the peer. */
  because: string;
}

/** Services that publish the peer's pods, stand for its Service, or follow what was declared for it; sorted. */
export function findDependents(
  peer: string,
  services: readonly Service[],
  slices: readonly EndpointSlice[],
): Dependent[] {
  const publishing = new Set(
    slices
      .filter((slice) => sourceOf(slice) === peer && (slice.endpoints ?? []).length > 0)
      .map((slice) => `${slice.metadata.namespace}/${label(slice, SERVICE_NAME)}`),
  );
  return services
    .filter((service) => label(service, SHADOW_OF) === undefined)
    .flatMap((service) => {
      const id = `${service.metadata.namespace}/${service.metadata.name}`;
      const intent = parseIntent(annotation(service, INTENT));
      const reasons = [
        ...(replicaOf(service) === peer ? [`a replica of ${peer}`] : []),
        ...(publishing.has(id) ? [`publishes pods of ${peer}`] : []),
        ...(intent?.mode === "source" && intent.at === peer ? [`${peer} serves it`] : []),
      ];
      return reasons.length ? [{ service: id, because: reasons.join(", ") }] : [];
    })
    .sort((a, b) => (a.service < b.service ? -1 : 1));
}
