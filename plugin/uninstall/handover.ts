/** What has to happen to the Services of a cluster so that Kubernetes alone can go on with them, and what stops it. Pure. */
import { isOurKey, MANAGED_BY, OUR_MANAGER, SERVICE_NAME, SHADOW_OF } from "../../shared/keys.ts";
import { type EndpointSlice, label, type Service } from "../../shared/kube/objects.ts";
import { replicaOf } from "../../shared/protocol/contribution.ts";
import { effectiveSelector, hasSelector, type Selector } from "../../shared/selector.ts";

/** One Service that we have changed or made. */
export interface Handover {
  service: Service;
  /** `restore`: its selector comes back; `clean`: only what we added goes; `delete`: a replica. */
  kind: "restore" | "clean" | "delete";
  /** By which pods must be found before copies go; absent if there are none that could be missed. */
  selector?: Selector;
}

/** Every Service that shows a trace of ours, sorted; shadows go with their Service. */
export function listHandovers(services: readonly Service[], slices: readonly EndpointSlice[]): Handover[] {
  const copied = new Set(slices.filter(isCopy).map((slice) => keyOf(slice, label(slice, SERVICE_NAME))));
  return services
    .filter((service) => label(service, SHADOW_OF) === undefined)
    .flatMap((service): Handover[] => {
      if (replicaOf(service) !== undefined) return [{ service, kind: "delete" }];
      const selector = effectiveSelector(service);
      if (selector && !hasSelector(service)) return [{ service, kind: "restore", selector }];
      const isCopied = copied.has(serviceId(service));
      if (!isCopied && ourAnnotations(service).length === 0) return [];
      const live = isCopied && hasSelector(service) ? service.spec.selector : undefined;
      return [{ service, kind: "clean", ...(live ? { selector: live } : {}) }];
    })
    .sort((a, b) => (serviceId(a.service) < serviceId(b.service) ? -1 : 1));
}

/**
 * Why requests would be lost. `readyPods` has the pods of this cluster that its selector finds, by `namespace/name`,
 * undefined where they may not be counted; `dependents` are sentences on Services of other clusters.
 */
export function findObstacles(
  handovers: readonly Handover[],
  readyPods: ReadonlyMap<string, number | undefined>,
  dependents: readonly string[],
): string[] {
  const empty = handovers.flatMap(({ service, selector }) => {
    const id = serviceId(service);
    const count = readyPods.get(id);
    if (!selector || (count !== undefined && count > 0)) return [];
    const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
    const found = count === undefined ? "it is not known whether there are pods" : "there is no ready pod";
    return [`${id}: ${found} of ${labels.join(",")} in this cluster, its requests go to another one`];
  });
  return [...empty, ...dependents];
}

/** Keys of ours on a Service. */
export function ourAnnotations({ metadata }: Service): string[] {
  return Object.keys(metadata.annotations ?? {}).filter(isOurKey);
}

/** `namespace/name`. */
export function serviceId({ metadata }: Service): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** A slice we wrote. */
export function isCopy(slice: EndpointSlice): boolean {
  return label(slice, MANAGED_BY) === OUR_MANAGER;
}

function keyOf(slice: EndpointSlice, name: string | undefined): string {
  return `${slice.metadata.namespace}/${name}`;
}
