/** Asks the clusters what the preflight checks need to know. */
import type { CallOptions, KubeClient } from "../../shared/kube/client.ts";
import { type Clock, sleep } from "../../shared/kube/clock.ts";
import type { KubeObject } from "../../shared/kube/objects.ts";
import type { Selector } from "../../shared/selector.ts";
import { readClusterUid, readHeartbeat } from "../clusters/identity.ts";
import type { Session } from "../clusters/session.ts";
import type { SideFacts } from "./facts.ts";

/** Lease duration of the sync process, rounded up: a renewal not older than this by our clock is believed at once. */
const FRESH_MS = 15_000;
/** Three times the interval of its renewals: a living process renews within. */
const OBSERVE_MS = 6_000;
const LOOK_EVERY_MS = 500;

export interface Inquiry {
  clock: Clock;
  /** Milliseconds since 1970. */
  now(): number;
  signal: AbortSignal;
  call: CallOptions;
}

/** What a cluster says about itself. Questions it does not answer stay open in the result. */
export async function inquire(
  { status, access, identity }: Session,
  namespace: string,
  name: string,
  inquiry: Inquiry,
): Promise<SideFacts> {
  const known = { cluster: status.name, context: status.context, server: status.server, identity };
  if (!access) return { ...known, uid: "", agent: "unknown", mayPatch: undefined };
  const { client } = access;
  const [uid, agent, mayPatch] = await Promise.all([
    readClusterUid(client, inquiry.call).catch(() => ""),
    feelPulse(client, inquiry).catch(() => "unknown" as const),
    askRight(client, namespace, name, inquiry.call).catch(() => undefined),
  ]);
  return { ...known, uid, agent, mayPatch };
}

/**
 * Whether the sync process is alive. Clocks of machines differ: a renewal that looks old is judged by whether another one
 * follows.
 */
async function feelPulse(client: KubeClient, inquiry: Inquiry): Promise<SideFacts["agent"]> {
  const first = await readHeartbeat(client, inquiry.call);
  if (!first) return "unknown";
  if (Math.abs(inquiry.now() - Date.parse(first.renewed)) < FRESH_MS) return "alive";
  const until = inquiry.clock.now() + OBSERVE_MS;
  while (inquiry.clock.now() < until && !inquiry.signal.aborted) {
    await sleep(inquiry.clock, LOOK_EVERY_MS, inquiry.signal);
    const later = await readHeartbeat(client, inquiry.call);
    if (later && later.renewed !== first.renewed) return "alive";
  }
  return "silent";
}

interface AccessReview extends KubeObject {
  status?: { allowed?: boolean };
}

async function askRight(
  client: KubeClient,
  namespace: string,
  name: string,
  call: CallOptions,
): Promise<boolean | undefined> {
  const review = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes: { namespace, name, verb: "patch", resource: "services" } },
  };
  const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  const answer = await client.create<AccessReview>(path, review, call);
  return answer.status?.allowed;
}

interface Pod extends KubeObject {
  status?: { podIP?: string; conditions?: { type: string; status: string }[] };
}

/** Pods behind a selector. */
export interface PodCount {
  ready: number;
  /** At least one belongs to a StatefulSet. */
  stateful: boolean;
}

/** The pods that the selector finds; undefined if they may not be listed, or no selector is known. */
export async function countPods(
  { access }: Session,
  namespace: string,
  selector: Selector | undefined,
  call: CallOptions,
): Promise<PodCount | undefined> {
  if (!selector || !access) return undefined;
  const labelSelector = Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
  try {
    const { items } = await access.client.list<Pod>(path, { ...call, labelSelector });
    return { ready: items.filter(isReady).length, stateful: items.some(isStateful) };
  } catch {
    return undefined;
  }
}

function isReady({ metadata, status }: Pod): boolean {
  const ready = status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True");
  return metadata.deletionTimestamp === undefined && Boolean(status?.podIP) && ready === true;
}

function isStateful({ metadata }: Pod): boolean {
  return metadata.ownerReferences?.some(({ kind }) => kind === "StatefulSet") ?? false;
}
