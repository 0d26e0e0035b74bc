/** Which Service an object belongs to, as `namespace/name`; what no label says is no key. */
import { SERVICE_NAME, SHADOW_OF } from "../shared/keys.ts";
import { type EndpointSlice, type KubeObject, label, type Service } from "../shared/kube/objects.ts";
import type { Change } from "../shared/kube/reflector.ts";
import { equalMaps } from "../shared/protocol/copies.ts";

/** The namespace in a key. */
export function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf("/"));
}

/** The Service that the slice is labelled with, which may be a shadow; none or one. */
export function sliceKey(slice: EndpointSlice): string[] {
  const service = label(slice, SERVICE_NAME);
  return service === undefined ? [] : [`${slice.metadata.namespace ?? ""}/${service}`];
}

/** The Service that a shadow stands for; none or one. */
export function shadowedKey(service: Service): string[] {
  const of = label(service, SHADOW_OF);
  return of === undefined ? [] : [`${service.metadata.namespace ?? ""}/${of}`];
}

/** A shadow has come: slices of it may have come before, and were nobody's then. */
export function isNewShadow({ type, object }: Change<KubeObject>): boolean {
  return type === "added" && label(object, SHADOW_OF) !== undefined;
}

/** What an object was before, if that may have belonged to another Service; else undefined. */
export function formerOf<T extends KubeObject>(change: Change<T>): T | undefined {
  if (change.type !== "modified") return undefined;
  const { previous, object } = change;
  return equalMaps(previous.metadata.labels ?? {}, object.metadata.labels ?? {}) ? undefined : previous;
}
