/** Reads every cluster and makes the model of what they hold. */

import { SHADOW_OF } from "../../shared/keys.ts";
import type { CallOptions } from "../../shared/kube/client.ts";
import { label } from "../../shared/kube/objects.ts";
import type { ClusterView, ServiceKey } from "../../shared/protocol/snapshot.ts";
import { listMatching, readNamespace, readService } from "../clusters/gather.ts";
import { isInScope } from "../clusters/identity.ts";
import { describeProblem } from "../clusters/problem.ts";
import type { Session } from "../clusters/session.ts";
import { indexObjects, type ObjectIndex, unreadView, viewService } from "../clusters/view.ts";
import type { Member } from "../judge.ts";
import { DEFAULT_SETTINGS } from "../perspective.ts";
import type { ServiceStatus, StatusModel } from "./model.ts";
import { summarise, takesPart } from "./summary.ts";

/** A cluster with what was read of it. */
interface Reading {
  session: Session;
  /** Absent if it could not be read. */
  index?: ObjectIndex;
}

/** The model of one Service; its list is empty if no cluster has it. */
export async function collectService(
  sessions: readonly Session[],
  key: ServiceKey,
  call: CallOptions,
  now: number,
): Promise<StatusModel> {
  const readings = await readAll(sessions, async ({ client }) => indexObjects(await readService(client, key, call)));
  const status = summarise(key, membersOf(readings, key.namespace), viewsOf(readings, key), now);
  return { clusters: readings.map(({ session }) => session.status), services: status ? [status] : [] };
}

/** Which Services to look at: of one namespace or, if it is undefined, of all; with labels as the API server selects them. */
export interface Range {
  namespace: string | undefined;
  labelSelector?: string | undefined;
}

/** The model of all Services of a range that take part. A Service matches by its labels in any cluster. */
export async function collectServices(
  sessions: readonly Session[],
  { namespace, labelSelector }: Range,
  call: CallOptions,
  now: number,
): Promise<StatusModel> {
  const matching = new Set<string>();
  const readings = await readAll(sessions, async ({ client }) => {
    const [objects, names] = await Promise.all([
      readNamespace(client, namespace, call),
      labelSelector === undefined ? [] : listMatching(client, namespace, labelSelector, call),
    ]);
    for (const id of names) matching.add(id);
    return indexObjects(objects);
  });
  const services: ServiceStatus[] = [];
  for (const key of listKeys(readings)) {
    if (labelSelector !== undefined && !matching.has(`${key.namespace}/${key.name}`)) continue;
    const views = viewsOf(readings, key);
    const members = membersOf(readings, key.namespace);
    // A namespace that no sync process watches has nothing to show.
    if (members.every(({ judged }) => !judged)) continue;
    const status = summarise(key, members, views, now);
    if (status && takesPart(status, views)) services.push(status);
  }
  return { clusters: readings.map(({ session }) => session.status), services };
}

async function readAll(
  sessions: readonly Session[],
  read: (access: NonNullable<Session["access"]>) => Promise<ObjectIndex>,
): Promise<Reading[]> {
  return Promise.all(
    sessions.map(async (session) => {
      if (!session.access) return { session };
      try {
        return { session, index: await read(session.access) };
      } catch (error) {
        const status = { ...session.status, reachable: false, problem: describeProblem(error) };
        return { session: { ...session, status } };
      }
    }),
  );
}

function membersOf(readings: readonly Reading[], namespace: string): Member[] {
  return readings.map(({ session: { status, identity } }) => ({
    name: status.name,
    peer: identity !== undefined || !status.reachable,
    judged: identity !== undefined && isInScope(identity, namespace),
    settings: identity?.settings ?? DEFAULT_SETTINGS,
  }));
}

function viewsOf(readings: readonly Reading[], key: ServiceKey): Map<string, ClusterView> {
  return new Map(
    readings.map(({ session: { status }, index }) => [
      status.name,
      index ? viewService(status.name, index, key) : unreadView(status.name),
    ]),
  );
}

/** Every Service of any cluster, shadows aside, sorted. */
function listKeys(readings: readonly Reading[]): ServiceKey[] {
  const keys = new Map<string, ServiceKey>();
  for (const { index } of readings) {
    for (const [id, service] of index?.services ?? []) {
      if (label(service, SHADOW_OF) !== undefined) continue;
      keys.set(id, { namespace: service.metadata.namespace ?? "", name: service.metadata.name });
    }
  }
  return [...keys.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => key);
}
