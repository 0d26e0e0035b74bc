/** What of ours nobody looks after any more, and who else applies what we change. Pure. */
import { MODE, SERVICE_NAME, SHADOW_OF } from "../../shared/keys.ts";
import { annotation, type EndpointSlice, type KubeObject, label, type Service } from "../../shared/kube/objects.ts";
import { isStripped, nativeSlices, replicaOf } from "../../shared/protocol/contribution.ts";
import { sourceOf } from "../../shared/protocol/copies.ts";
import type { Leftovers } from "./facts.ts";

/** `known` are the names of the cluster itself and of its peers; undefined where it does not say. */
export function findLeftovers(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  known: ReadonlySet<string> | undefined,
): Leftovers {
  const byId = new Map(services.map((service) => [idOf(service, service.metadata.name), service]));
  const isStrange = (cluster: string | undefined) => cluster !== undefined && known?.has(cluster) === false;
  const copies = slices.filter((slice) => sourceOf(slice) !== undefined);
  const shadows = services.filter((service) => label(service, SHADOW_OF) !== undefined);
  const orphans = [
    ...copies
      .filter((slice) => !byId.has(idOf(slice, label(slice, SERVICE_NAME))) || isStrange(sourceOf(slice)))
      .map((slice) => `EndpointSlice ${idOf(slice, slice.metadata.name)}`),
    ...shadows
      .filter((shadow) => !byId.has(idOf(shadow, label(shadow, SHADOW_OF))))
      .map((shadow) => `Service ${idOf(shadow, shadow.metadata.name)}`),
    ...services
      .filter((service) => isStrange(replicaOf(service)))
      .map((service) => `Service ${idOf(service, service.metadata.name)}`),
  ];
  const native = new Set(nativeSlices(slices).map((slice) => idOf(slice, label(slice, SERVICE_NAME))));
  const frozen = services.filter((service) => isStripped(service) && native.has(idOf(service, service.metadata.name)));
  const owned = services.flatMap((service) => {
    const tool = findTool(service);
    const changed = annotation(service, MODE) !== undefined || isStripped(service);
    return tool && changed ? [{ service: idOf(service, service.metadata.name), tool }] : [];
  });
  return { orphans, frozen: frozen.map((service) => idOf(service, service.metadata.name)), owned };
}

function idOf({ metadata }: KubeObject, name: string | undefined): string {
  return `${metadata.namespace}/${name}`;
}

/** How Argo CD, Flux and Helm mark what they apply. */
const MARKS: readonly (readonly [tool: string, read: (service: Service) => string | undefined])[] = [
  ["Argo CD", (service) => annotation(service, "argocd.argoproj.io/tracking-id")],
  ["Argo CD", (service) => label(service, "argocd.argoproj.io/instance")],
  ["Flux", (service) => label(service, "kustomize.toolkit.fluxcd.io/name")],
  ["Flux", (service) => label(service, "helm.toolkit.fluxcd.io/name")],
  ["Helm", (service) => annotation(service, "meta.helm.sh/release-name")],
];

function findTool(service: Service): string | undefined {
  return MARKS.find(([, read]) => read(service) !== undefined)?.[0];
}
