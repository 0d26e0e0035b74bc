import assert from "node:assert/strict";
import {
  isOurKey,
  MANAGED_BY,
  MIRRORING_MANAGER,
  MODE,
  NATIVE_MANAGER,
  OUR_MANAGER,
  SERVICE_NAME,
  SHADOW_OF,
  SKIP_MIRROR,
  SOURCE_CLUSTER,
} from "../../shared/keys.ts";
import { classifyError } from "../../shared/kube/api-error.ts";
import { annotation, type EndpointSlice, type Endpoints, label, type Service } from "../../shared/kube/objects.ts";
import { endpointSlices, endpoints, services } from "../../shared/kube/resources.ts";
import { hasSelector } from "../../shared/selector.ts";
import type { Application } from "./application.ts";
import { waitFor } from "./waiting.ts";
import type { Side } from "./world.ts";

/** Everything that counts about an application in one cluster. Pods by name; names, uids, versions and times of ours left out. */
export interface Summary {
  service: "absent" | "selects" | "no selector";
  mode: string | undefined;
  /** Our annotations and labels on the Service, without the prefix, sorted. */
  keys: string[];
  /** Addresses in native slices; undefined if there is no such slice, so that a frozen empty one shows. */
  native: string[] | undefined;
  /** Addresses in slices that Kubernetes mirrored from Endpoints. */
  mirrored: string[] | undefined;
  /** Addresses in our copies by the cluster they are from. */
  copies: Record<string, string[]>;
  /** Addresses in the Endpoints object; undefined if there is none. */
  endpoints: string[] | undefined;
  skipMirror: boolean;
  shadows: number;
  /** Slices of ours or of a shadow that no living Service accounts for. */
  strays: string[];
}

const PREFIX_LENGTH = "vmware.com/syndicate-".length;

function podName(app: Application, ip: string): string {
  return app.pods.find((pod) => pod.ip === ip)?.name ?? `nobody's ${ip}`;
}

function addresses(app: Application, slices: EndpointSlice[]): string[] | undefined {
  if (slices.length === 0) return undefined;
  const found = slices
    .flatMap((slice) => slice.endpoints ?? [])
    // From 1.22 on a terminating pod stays listed, before it is left out.
    .filter(({ conditions }) => !conditions?.terminating)
    .flatMap((endpoint) =>
      endpoint.addresses.map((ip) => `${podName(app, ip)}${endpoint.conditions?.ready === false ? " (unready)" : ""}`),
    );
  return found.sort();
}

function endpointAddresses(app: Application, object: Endpoints | undefined): string[] | undefined {
  const found = object?.subsets?.flatMap(({ addresses: ready = [], notReadyAddresses = [] }) => [
    ...ready.map(({ ip }) => podName(app, ip)),
    ...notReadyAddresses.map(({ ip }) => `${podName(app, ip)} (unready)`),
  ]);
  return object && [...new Set(found ?? [])].sort();
}

function managedBy(slices: EndpointSlice[], manager: string): EndpointSlice[] {
  return slices.filter((slice) => label(slice, MANAGED_BY) === manager);
}

function ourKeys(service: Service | undefined): string[] {
  const { annotations = {}, labels = {} } = service?.metadata ?? {};
  const keys = [...Object.keys(annotations), ...Object.keys(labels)].filter(isOurKey);
  return keys.map((key) => key.slice(PREFIX_LENGTH)).sort();
}

async function readEndpoints(app: Application, side: Side): Promise<Endpoints | undefined> {
  try {
    return await side.client.get<Endpoints>(endpoints.one(app.namespace, app.name));
  } catch (error) {
    if (classifyError(error) !== "notFound") throw error;
    return undefined;
  }
}

function copiesBySource(app: Application, slices: EndpointSlice[]): Record<string, string[]> {
  const sources = [...new Set(slices.map((slice) => label(slice, SOURCE_CLUSTER) ?? ""))].sort();
  return Object.fromEntries(
    sources.map((source) => [
      source,
      addresses(
        app,
        slices.filter((slice) => label(slice, SOURCE_CLUSTER) === source),
      ) ?? [],
    ]),
  );
}

/** Reads an application's objects in one cluster. */
export async function summarise(app: Application, side: Side): Promise<Summary> {
  const [service, shadows, all, object] = await Promise.all([
    app.read(side),
    side.client.list<Service>(services.in(app.namespace), { labelSelector: `${SHADOW_OF}=${app.name}` }),
    side.client.list<EndpointSlice>(endpointSlices.in(app.namespace)),
    readEndpoints(app, side),
  ]);
  const slices = all.items.filter((slice) => label(slice, SERVICE_NAME) === app.name);
  const shadowNames = shadows.items.map((shadow) => shadow.metadata.name);
  const strays = all.items.filter((slice) => {
    const of = label(slice, SERVICE_NAME) ?? "";
    return (of === app.name && !service) || (of.startsWith(`${app.name}-syndicate`) && !shadowNames.includes(of));
  });
  return {
    service: service ? (hasSelector(service) ? "selects" : "no selector") : "absent",
    mode: service && annotation(service, MODE),
    keys: ourKeys(service),
    native: addresses(app, managedBy(slices, NATIVE_MANAGER)),
    mirrored: addresses(app, managedBy(slices, MIRRORING_MANAGER)),
    copies: copiesBySource(app, managedBy(slices, OUR_MANAGER)),
    endpoints: endpointAddresses(app, object),
    skipMirror: object !== undefined && label(object, SKIP_MIRROR) === "true",
    shadows: shadowNames.length,
    strays: strays.map((slice) => slice.metadata.name),
  };
}

/**
 * Asserts that a cluster holds exactly this of the application at this moment, nothing left over. Only slices whose owner is
 * gone are waited for: Kubernetes' garbage collector removes them in its own time, and nobody uses them.
 */
export async function assertSummary(app: Application, side: Side, expected: Summary): Promise<void> {
  const { strays, ...now } = await summarise(app, side);
  assert.deepEqual({ ...now, strays: expected.strays }, expected, `${app.name} in ${side.name} (strays: ${strays})`);
  await waitSummary(app, side, expected);
}

/** Waits until a cluster holds exactly this of the application: for what follows a change of pods. */
export async function waitSummary(app: Application, side: Side, expected: Summary): Promise<void> {
  await waitFor(`${app.name} in ${side.name} as ${JSON.stringify(expected)}`, async () => {
    const seen = await summarise(app, side);
    try {
      assert.deepEqual(seen, expected);
      return { done: undefined };
    } catch (error) {
      return { seen: (error as Error).message };
    }
  });
}
