import { INTENT } from "../../shared/keys.ts";
import type { EndpointSlice, Endpoints, KubeObject, Service } from "../../shared/kube/objects.ts";
import { endpointSlices, endpoints, services } from "../../shared/kube/resources.ts";
import type { Application } from "./application.ts";
import type { Side } from "./world.ts";

/** Fields that tell one object from its like, or when something happened. */
const PASSING = new Set([
  "name",
  "generateName",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "lastTransitionTime",
  "managedFields",
  "selfLink",
  "clusterIP",
  "clusterIPs",
  "endpoints.kubernetes.io/last-change-trigger-time",
]);

/**
 * Everything a cluster holds of an application, as text, without what differs between two applications that were treated
 * alike: names, uids, versions, times, addresses.
 */
export async function fingerprint(app: Application, { client }: Side): Promise<string> {
  const [allServices, allSlices, allEndpoints] = await Promise.all([
    client.list<Service>(services.in(app.namespace)),
    client.list<EndpointSlice>(endpointSlices.in(app.namespace)),
    client.list<Endpoints>(endpoints.in(app.namespace)),
  ]);
  const objects: KubeObject[] = [...allServices.items, ...allSlices.items, ...allEndpoints.items];
  const mine = objects.filter(({ metadata }) => metadata.name === app.name || metadata.name.startsWith(`${app.name}-`));
  const lines = mine.map((object) =>
    anonymise(
      app,
      JSON.stringify(object, (key, value) => plain(key, value)),
    ),
  );
  return lines
    .map((line) => JSON.stringify(sortLists(JSON.parse(line)), null, 1))
    .sort()
    .join("\n");
}

function plain(key: string, value: unknown): unknown {
  if (PASSING.has(key)) return undefined;
  // Kubernetes notes when a change began only where it knows; without that, a slice has no annotation at all.
  if (key === "annotations" && Object.keys(value ?? {}).every((name) => PASSING.has(name))) return undefined;
  if (key === INTENT) return String(value).replace(/"time":\d+/, '"time":0');
  return value;
}

function anonymise(app: Application, text: string): string {
  const named = app.pods.reduce((line, pod) => line.replaceAll(`"${pod.ip}"`, `"${pod.name}"`), text);
  return named.replaceAll(app.name, "APP");
}

/** Lists in one order, as none of them has a meaning in its order here; keys too. */
function sortLists(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(sortLists).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortLists(inner)]));
}
