/** What every step of a plan needs, worked out once. */
import type { Intent } from "../intent.ts";
import type { Service } from "../kube/objects.ts";
import { hasSelector } from "../selector.ts";
import { isOwn, nativeSlices, ourCopies } from "./contribution.ts";
import { type Desire, resolveDesire } from "./desire.ts";
import { findFamilyConflict, findPortConflict } from "./ports.ts";
import { takeover } from "./readiness.ts";
import { latestVisible, participants, type Role } from "./roles.ts";
import { type ClusterView, ownView, type Snapshot } from "./snapshot.ts";
import { hasUsable, isSubset, usableSet } from "./usable.ts";

export interface Context {
  snapshot: Snapshot;
  own: ClusterView;
  service: Service;
  role: Role;
  desire: Desire;
  intent: Intent | undefined;
  /** False if the winning intent's server cannot be read: then nothing structural is done. */
  serverReadable: boolean;
}

/** The context of an existing Service. While the server cannot be read, only intent, mode and content are followed. */
export function makeContext(snapshot: Snapshot, service: Service, role: Role): Context {
  const intent = latestVisible(snapshot);
  const server = intent && snapshot.clusters.get(intent.at);
  const serverReadable = intent === undefined || intent.at === snapshot.own || server?.listed === true;
  const desire = resolveDesire(snapshot, role);
  return {
    snapshot,
    own: ownView(snapshot),
    service,
    role,
    intent,
    serverReadable,
    desire: serverReadable ? desire : { ...desire, selector: "leave", shadow: "leave", legacy: "follow" },
  };
}

/** True if our copies, of `cluster` if named, hold at least one endpoint that can take a request. */
export function copiesUsable({ own, service }: Context, cluster?: string): boolean {
  return hasUsable(ourCopies(own, cluster), service);
}

/** True if the native controller has written slices for the selector the live Service has. */
export function nativeKnown({ own, service }: Context): boolean {
  return hasSelector(service) && nativeSlices(own.slices).length > 0;
}

/**
 * Why this Service and another participant's cannot stand for each other; undefined if they can. Followers are judged against
 * the server and the server against them, in a union each against everyone. Replicas do not count: their ports follow.
 */
export function findConflict({ snapshot, service, intent, own, role }: Context): string | undefined {
  if (!intent || !["server", "follower", "union"].includes(role.kind)) return undefined;
  const others = participants(snapshot, intent).filter(
    (view) => view.name !== own.name && isOwn(view.service) && (role.kind !== "follower" || view.name === intent.at),
  );
  for (const { name, service: other } of others) {
    const conflict = other && (findPortConflict(service, other) ?? findFamilyConflict(role.kind, service, other));
    if (conflict) return `this Service and the one in ${name}: ${conflict}`;
  }
  return undefined;
}

/**
 * True if the shadow goes without a release. Also that of a follower whose selector is in force: it was taken back between
 * the return of its selector and the end of its shadow, and releases by its selector.
 */
export function retiresShadow({ desire, service }: Context): boolean {
  return desire.shadow === "retire" || (desire.shadow === "release" && hasSelector(service));
}

/**
 * True if the shadow and our copies of it are no longer needed: the native slices offer all it offers, or another cluster has taken
 * over. Never while they offer more: then Kubernetes has not written them since the selector returned, and without the shadow
 * nobody could tell, see `trackedSlices`.
 */
export function shadowCovered(context: Context): boolean {
  const { own, service, intent, role, snapshot } = context;
  if (role.kind === "replica") return copiesUsable(context, role.of);
  if (!nativeKnown(context)) return false;
  const shadow = usableSet(nativeSlices(own.shadowSlices), service);
  const natives = usableSet(nativeSlices(own.slices), service);
  if (!isSubset(natives, shadow)) return false;
  if (isSubset(shadow, natives)) return true;
  return intent?.mode === "source" && intent.at !== own.name && takeover(snapshot, own, intent).ready;
}
