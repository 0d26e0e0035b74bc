/** A running move's hands and eyes: reads all clusters, patches one Service. */

import type { CallOptions } from "../../shared/kube/client.ts";
import type { KubeObject, Service } from "../../shared/kube/objects.ts";
import { services } from "../../shared/kube/resources.ts";
import type { ClusterView, ServiceKey } from "../../shared/protocol/snapshot.ts";
import { readService } from "../clusters/gather.ts";
import { isInScope } from "../clusters/identity.ts";
import { describeProblem, isPassing } from "../clusters/problem.ts";
import type { Session } from "../clusters/session.ts";
import { indexObjects, unreadView, viewService } from "../clusters/view.ts";
import { judge } from "../judge.ts";
import { DEFAULT_SETTINGS } from "../perspective.ts";
import type { Annotations, Situation } from "./situation.ts";

/** How all clusters stand now. A cluster that does not answer is unread; one that refuses us rejects with its `ApiError`. */
export async function readSituation(
  sessions: readonly Session[],
  key: ServiceKey,
  call: CallOptions,
  now: () => number,
): Promise<Situation> {
  const problems = new Map<string, string>();
  const read = await Promise.all(sessions.map((session) => readView(session, key, call, problems)));
  const views = new Map(read.map((view) => [view.name, view]));
  const members = sessions.map(({ status, identity }) => ({
    name: status.name,
    peer: true,
    judged: identity !== undefined && isInScope(identity, key.namespace),
    settings: identity?.settings ?? DEFAULT_SETTINGS,
  }));
  const time = now();
  return { views, verdicts: judge(key, members, views, time), problems, now: time };
}

/** Why a cluster is unread is noted in `problems`. */
async function readView(
  { status, access }: Session,
  key: ServiceKey,
  call: CallOptions,
  problems: Map<string, string>,
): Promise<ClusterView> {
  if (!access) return unreadView(status.name);
  try {
    return viewService(status.name, indexObjects(await readService(access.client, key, call)), key);
  } catch (error) {
    if (!isPassing(error)) throw error;
    problems.set(status.name, describeProblem(error));
    return unreadView(status.name);
  }
}

/** Sets annotations in one patch that fails if the Service changed since it was read. */
export async function annotate(
  session: Session | undefined,
  service: Service,
  annotations: Annotations,
  options: CallOptions & { dryRun?: boolean },
): Promise<void> {
  if (!session?.access) throw new Error(`no connection to write ${service.metadata.name} by`);
  const { namespace = "", name, resourceVersion } = service.metadata;
  const body = { metadata: { annotations, resourceVersion } };
  await session.access.client.patch<KubeObject>(services.one(namespace, name), body, "merge", options);
}
