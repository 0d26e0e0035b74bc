/** What each role wants of the own cluster's objects. The steps that get there are in their own files. */
import type { Intent } from "../intent.ts";
import { MIGRATION } from "../keys.ts";
import { annotation, type Service } from "../kube/objects.ts";
import { parseMigration } from "../migration.ts";
import { hasSelector } from "../selector.ts";
import { isOwn, replicaOf } from "./contribution.ts";
import { latestVisible, participants, type Role } from "./roles.ts";
import { type ClusterView, ownView, type Snapshot } from "./snapshot.ts";

export interface Desire {
  /** The intent to copy, with the mode it implies here; `leave` touches neither. */
  intent: Intent | undefined | "leave";
  /** Cluster named in the replica label; undefined removes it; `leave` keeps what is there. */
  replicaOf: string | undefined | "leave";
  /**
   * `restore`: select (again); `release`: strip when the release rule allows; `union`: strip when our copies of the shadow
   * cover the native slices; `strip`: at once, if our copies can take a request; `leave`.
   */
  selector: "leave" | "restore" | "release" | "union" | "strip";
  /** `create`; `retire`: remove once the native slices cover it; `release`: remove by the release rule; `leave`. */
  shadow: "leave" | "create" | "retire" | "release";
  /** Clusters whose contribution is copied here, the own one (its shadow's) included. */
  sources: ReadonlySet<string>;
  /**
   * Existing copies of other clusters: `follow` their content; drop them at `takeover` by the server, once the `native`
   * controller writes slices for the restored selector, or once the copies of `sources` can take a request (`covered`).
   */
  legacy: "follow" | "takeover" | "native" | "covered";
  /** Take our annotations off when nothing else is left to do. */
  forgetKeys: boolean;
}

const CONTENT_ONLY: Desire = {
  intent: "leave",
  replicaOf: "leave",
  selector: "leave",
  shadow: "leave",
  sources: new Set(),
  legacy: "follow",
  forgetKeys: false,
};

/** True if union leaves selectors alone here: by setting, and for headless Services, whose pods' DNS names a shadow would take away. */
export function keepsSelector(snapshot: Snapshot, service: Service): boolean {
  return snapshot.settings.unionSelector === "keep" || service.spec.clusterIP === "None";
}

/** The desire of a role. `absent` and `surplus` have none: they are a create and a delete. */
export function resolveDesire(snapshot: Snapshot, role: Role): Desire {
  const intent = latestVisible(snapshot);
  switch (role.kind) {
    case "absent":
    case "surplus":
    case "independent":
      return CONTENT_ONLY;
    case "orphan":
      return role.released ? CONTENT_ONLY : { ...CONTENT_ONLY, selector: "restore", shadow: "retire" };
    case "origin":
      return intent ? { ...serving(intent), legacy: "native" } : CONTENT_ONLY;
    case "server":
      return { ...serving(intent), legacy: "takeover" };
    case "singular":
      return { ...serving(intent), legacy: "native" };
    case "dismissed":
      return { ...serving("leave"), legacy: "native", forgetKeys: true };
    case "replica":
      return {
        ...CONTENT_ONLY,
        intent: intent?.mode === "none" ? intent : "leave",
        replicaOf: role.of,
        selector: "strip",
        shadow: "retire",
        sources: new Set([role.of]),
        legacy: "covered",
      };
    case "follower":
      return follower(snapshot, intent, role.of);
    case "union":
      return union(snapshot, intent);
  }
}

function serving(intent: Intent | undefined | "leave"): Desire {
  return { ...CONTENT_ONLY, intent, replicaOf: undefined, selector: "restore", shadow: "retire" };
}

function follower(snapshot: Snapshot, intent: Intent | undefined, of: string): Desire {
  return {
    intent,
    replicaOf: isOwn(ownView(snapshot).service) && !isGivenBack(ownView(snapshot), of) ? undefined : of,
    selector: "release",
    shadow: "release",
    sources: new Set([of]),
    legacy: "takeover",
    forgetKeys: false,
  };
}

/** A replica that a move had made an own Service, and whose move is rolled back: once released it is `of`'s replica again. */
function isGivenBack({ name, service, shadow }: ClusterView, of: string): boolean {
  if (!service || hasSelector(service) || shadow) return false;
  const migration = parseMigration(annotation(service, MIGRATION));
  if (migration?.phase !== "rollback" || migration.to.name !== name) return false;
  return migration.before.to.replicaOf === of;
}

function union(snapshot: Snapshot, intent: Intent | undefined): Desire {
  const { service, name } = ownView(snapshot);
  const names = intent ? participants(snapshot, intent).map((view) => view.name) : [];
  const keep = service !== undefined && keepsSelector(snapshot, service);
  const sources = keep ? names.filter((other) => other !== name) : names;
  return {
    intent,
    replicaOf: replicaOf(service),
    selector: keep ? "restore" : "union",
    shadow: keep ? "retire" : "create",
    sources: new Set(sources),
    legacy: "follow",
    forgetKeys: false,
  };
}
