/** Asks a cluster what `check` needs to know. Questions it does not answer stay open in the result. */
import { MODE } from "../../shared/keys.ts";
import { ApiError, classifyError } from "../../shared/kube/api-error.ts";
import type { CallOptions, KubeClient } from "../../shared/kube/client.ts";
import { getIfExists } from "../../shared/kube/lookup.ts";
import type { EndpointSlice, KubeObject, Service } from "../../shared/kube/objects.ts";
import { configMaps, endpointSlices, mutatingWebhooks, services } from "../../shared/kube/resources.ts";
import type { Session } from "../clusters/session.ts";
import { readVersion } from "../install/server-version.ts";
import { readLinks } from "../link/links.ts";
import { type Inquiry, inquire } from "../migrate/inquire.ts";
import type { ClusterFacts, Right, WebhookFacts } from "./facts.ts";
import { findLeftovers } from "./leftovers.ts";

/** Where harmless dry runs are made: every cluster has it, and the webhook is asked about it. */
const TRIAL_NAMESPACE = "default";

/** Everything one cluster says. */
export async function inspectCluster(session: Session, inquiry: Inquiry): Promise<ClusterFacts> {
  const { status, access, identity } = session;
  if (!access || !status.reachable) return { status, identity };
  const { client } = access;
  const { call } = inquiry;
  const quietly = <T>(promise: Promise<T>) => promise.catch(() => undefined);
  const [version, pulse, rights, webhook, links, leftovers, skewMs, podCIDRs] = await Promise.all([
    quietly(readVersion(client, call)),
    inquire(session, TRIAL_NAMESPACE, "", inquiry),
    askRights(client, call),
    tryWebhook(client, call),
    quietly(readLinks(session, access, call)),
    quietly(readLeftovers(session, client, call)),
    quietly(measureSkew(client, inquiry)),
    identity?.podCIDRs.length ? identity.podCIDRs : quietly(readNodeNetworks(client, call)),
  ]);
  return {
    status,
    identity,
    uid: pulse.uid,
    agent: pulse.agent,
    rights,
    webhook,
    ...(version ? { version } : {}),
    ...(links ? { links } : {}),
    ...(leftovers ? { leftovers } : {}),
    ...(skewMs === undefined ? {} : { skewMs }),
    ...(podCIDRs ? { podCIDRs } : {}),
  };
}

interface AccessReview extends KubeObject {
  status?: { allowed?: boolean };
}

/** What the other commands do. */
const NEEDED: readonly { what: string; attributes: Record<string, string> }[] = [
  { what: "list services", attributes: { verb: "list", resource: "services" } },
  { what: "list endpointslices", attributes: { verb: "list", group: "discovery.k8s.io", resource: "endpointslices" } },
  { what: "list endpoints", attributes: { verb: "list", resource: "endpoints" } },
  { what: "patch services", attributes: { verb: "patch", resource: "services" } },
  { what: "list pods", attributes: { verb: "list", resource: "pods" } },
];

async function askRights(client: KubeClient, call: CallOptions): Promise<Right[]> {
  return Promise.all(
    NEEDED.map(async ({ what, attributes }) => {
      const kind = "SelfSubjectAccessReview";
      const body = { apiVersion: "authorization.k8s.io/v1", kind, spec: { resourceAttributes: attributes } };
      const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
      const answer = await client.create<AccessReview>(path, body, call).catch(() => undefined);
      return { what, allowed: answer?.status?.allowed };
    }),
  );
}

/** Only an answer proves a webhook: a dry run of a Service that it must refuse. */
async function tryWebhook(client: KubeClient, call: CallOptions): Promise<WebhookFacts> {
  const metadata = { generateName: "syndicate-check-", annotations: { [MODE]: "no-mode" } };
  const body = { apiVersion: "v1", kind: "Service", metadata, spec: { clusterIP: "None", ports: [{ port: 80 }] } };
  try {
    await client.create(services.in(TRIAL_NAMESPACE), body, { ...call, dryRun: true });
  } catch (error) {
    return judgeRefusal(error);
  }
  try {
    const registered = await getIfExists(client, mutatingWebhooks.one("syndicate"), call);
    return registered
      ? { state: "silent", detail: "it is registered, and a dry run it must refuse was accepted" }
      : { state: "absent", detail: "it is not registered; sync stamps modes a moment later" };
  } catch {
    return {
      state: "unknown",
      detail: "a dry run it must refuse was accepted; you may not read whether it is registered",
    };
  }
}

function judgeRefusal(error: unknown): WebhookFacts {
  const text = error instanceof Error ? error.message : String(error);
  if (/syndicate\.vmware\.com" denied/.test(text))
    return { state: "asked", detail: "it refused a dry run it must refuse" };
  if (/failed calling webhook/.test(text)) return { state: "broken", detail: text };
  const forbidden = error instanceof ApiError && classifyError(error) === "forbidden";
  return { state: "unknown", detail: forbidden ? `you may not try it in namespace ${TRIAL_NAMESPACE}` : text };
}

async function readLeftovers({ identity }: Session, client: KubeClient, call: CallOptions) {
  const [serviceList, sliceList] = await Promise.all([
    client.list<Service>(services.all, call),
    client.list<EndpointSlice>(endpointSlices.all, call),
  ]);
  const known = identity?.peers && new Set([identity.clusterName, ...identity.peers]);
  return findLeftovers(serviceList.items, sliceList.items, known);
}

/** The API server stamps what it is asked to create, dry run or not; its stamp is in whole seconds. */
async function measureSkew(client: KubeClient, { now, call }: Inquiry): Promise<number | undefined> {
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "syndicate-check-" } };
  const before = now();
  const made = await client.create<KubeObject>(configMaps.in(TRIAL_NAMESPACE), body, { ...call, dryRun: true });
  const stamp = Date.parse(made.metadata.creationTimestamp ?? "");
  return Number.isNaN(stamp) ? undefined : stamp - (before + now()) / 2;
}

interface Node extends KubeObject {
  spec?: { podCIDR?: string; podCIDRs?: string[] };
}

/** Pod networks of the Nodes, where the network plugin uses them. */
async function readNodeNetworks(client: KubeClient, call: CallOptions): Promise<string[]> {
  const { items } = await client.list<Node>("/api/v1/nodes", call);
  return items.flatMap(({ spec }) => spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []));
}
