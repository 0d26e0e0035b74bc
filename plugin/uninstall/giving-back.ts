/** Gives single Services back to Kubernetes. Every function rejects with `ApiError`, or with `CliError` saying what stopped it. */
import { CONDITION_IN_SYNC, MANAGED_BY, OUR_MANAGER, SERVICE_NAME, SHADOW_OF } from "../../shared/keys.ts";
import type { KubeClient } from "../../shared/kube/client.ts";
import { type Clock, sleep } from "../../shared/kube/clock.ts";
import { getIfExists, removeIfExists } from "../../shared/kube/lookup.ts";
import type { EndpointSlice, Service } from "../../shared/kube/objects.ts";
import { endpointSlices, services } from "../../shared/kube/resources.ts";
import { nativeSlices } from "../../shared/protocol/contribution.ts";
import { countReady } from "../../shared/protocol/usable.ts";
import { CliError, stopCode } from "../exit.ts";
import { type Handover, ourAnnotations, serviceId } from "./handover.ts";

/** A cluster to write to. */
export interface Hands {
  client: KubeClient;
  clock: Clock;
  signal: AbortSignal;
  deadlineMs: number;
  /** Wait for ready pods before copies go; false with `--force`. */
  insist: boolean;
}

/** Time for Kubernetes to write slices for a selector. */
const NATIVE_MS = 60_000;
const LOOK_EVERY_MS = 300;

/** The end by Ctrl-C or SIGTERM. */
export function stopped(signal: AbortSignal): CliError {
  return new CliError("stopped; the same command goes on", { code: stopCode({ signal }) });
}

/** Makes before it breaks: the selector's own slices offer a ready pod before copies of other clusters go. */
export async function giveBack({ service, kind, selector }: Handover, hands: Hands): Promise<void> {
  const { client, deadlineMs } = hands;
  const { namespace = "", name, uid = "" } = service.metadata;
  const path = services.one(namespace, name);
  if (kind === "delete") {
    await removeIfExists(client, path, { uid }, { deadlineMs });
    return;
  }
  const live = await getIfExists<Service>(client, path, { deadlineMs });
  if (!live) return;
  if (kind === "restore") {
    const metadata = { resourceVersion: live.metadata.resourceVersion };
    await client.patch(path, { metadata, spec: { selector } }, "merge", { deadlineMs });
  }
  if (selector) await waitForPods(live, hands);
  await removeCopies(namespace, name, hands);
  // The annotations go last: what is interrupted before is found again.
  const annotations = Object.fromEntries(ourAnnotations(live).map((key) => [key, null]));
  await client.patch(path, { metadata: { annotations } }, "merge", { deadlineMs });
  if (live.status?.conditions?.some(({ type }) => type === CONDITION_IN_SYNC)) {
    const status = { conditions: [{ $patch: "delete", type: CONDITION_IN_SYNC }] };
    await client.patch(services.status(namespace, name), { status }, "strategic", { deadlineMs });
  }
}

async function waitForPods(service: Service, { client, clock, signal, deadlineMs, insist }: Hands): Promise<void> {
  if (!insist) return;
  const { namespace = "", name } = service.metadata;
  const until = clock.now() + NATIVE_MS;
  for (;;) {
    const labelSelector = `${SERVICE_NAME}=${name}`;
    const { items } = await client.list<EndpointSlice>(endpointSlices.in(namespace), { deadlineMs, labelSelector });
    if (countReady(nativeSlices(items), service) > 0) return;
    if (signal.aborted) throw stopped(signal);
    if (clock.now() >= until) {
      throw new CliError(
        `${serviceId(service)} has its selector again and Kubernetes shows no ready pod for it; its copies were left, requests go on`,
        { next: `kubectl get pods -n ${namespace}` },
      );
    }
    await sleep(clock, LOOK_EVERY_MS, signal);
  }
}

async function removeCopies(namespace: string, name: string, { client, deadlineMs }: Hands): Promise<void> {
  const copies = `${SERVICE_NAME}=${name},${MANAGED_BY}=${OUR_MANAGER}`;
  const slices = await client.list<EndpointSlice>(endpointSlices.in(namespace), { deadlineMs, labelSelector: copies });
  for (const { metadata } of slices.items)
    await removeOne(client, endpointSlices.one(namespace, metadata.name), deadlineMs);
  const shadows = await client.list<Service>(services.in(namespace), {
    deadlineMs,
    labelSelector: `${SHADOW_OF}=${name}`,
  });
  for (const { metadata } of shadows.items) await removeOne(client, services.one(namespace, metadata.name), deadlineMs);
}

/** Deletes an object, which garbage collection may have done already; false if so. */
export function removeOne(client: KubeClient, path: string, deadlineMs: number): Promise<boolean> {
  return removeIfExists(client, path, {}, { deadlineMs, propagation: "Background" });
}
