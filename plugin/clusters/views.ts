/** One Service as all clusters have it, and which of them could not be read. */
import type { CallOptions } from "../../shared/kube/client.ts";
import type { ClusterView, ServiceKey } from "../../shared/protocol/snapshot.ts";
import type { Member } from "../judge.ts";
import { DEFAULT_SETTINGS } from "../perspective.ts";
import { readService } from "./gather.ts";
import { isInScope } from "./identity.ts";
import { describeProblem } from "./problem.ts";
import type { Session } from "./session.ts";
import { indexObjects, unreadView, viewService } from "./view.ts";

/** The views by cluster, in the order of the sessions. */
export interface Views {
  views: Map<string, ClusterView>;
  members: Member[];
  /** One line for each cluster that could not be read. */
  problems: string[];
}

/** Reads the Service in every cluster; one that does not answer is unread in the result. */
export async function readViews(sessions: readonly Session[], key: ServiceKey, call: CallOptions): Promise<Views> {
  const read = await Promise.all(sessions.map((session) => readView(session, key, call)));
  return {
    views: new Map(read.map(({ view }) => [view.name, view])),
    members: sessions.map((session) => memberOf(session, key.namespace)),
    problems: read.flatMap(({ problem }) => problem ?? []),
  };
}

async function readView(
  { status, access }: Session,
  key: ServiceKey,
  call: CallOptions,
): Promise<{ view: ClusterView; problem?: string }> {
  const where = `(context ${status.context}${status.server ? `, ${status.server}` : ""})`;
  const failed = (problem: string | undefined) => ({
    view: unreadView(status.name),
    problem: `${status.name}: ${problem ?? "not reachable"} ${where}`,
  });
  if (!access || !status.reachable) return failed(status.problem);
  try {
    return { view: viewService(status.name, indexObjects(await readService(access.client, key, call)), key) };
  } catch (error) {
    return failed(describeProblem(error));
  }
}

function memberOf({ status, identity }: Session, namespace: string): Member {
  return {
    name: status.name,
    peer: identity !== undefined || !status.reachable,
    judged: identity !== undefined && isInScope(identity, namespace),
    settings: identity?.settings ?? DEFAULT_SETTINGS,
  };
}
