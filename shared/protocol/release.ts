/** The release rule: when a contributor may stop contributing. Nothing of it is judged from memory. */

import { type Intent, sameIntent } from "../intent.ts";
import { MODE } from "../keys.ts";
import { annotation } from "../kube/objects.ts";
import { hasSelector } from "../selector.ts";
import { holdsServerCopies, type Readiness, takeover } from "./readiness.ts";
import { intentOf, participants } from "./roles.ts";
import { ownView, peerViews, type Snapshot } from "./snapshot.ts";

/**
 * A contributor releases only when all hold: the server's Service carries this intent, mode `source` and a selector; its
 * native endpoints have been ready in number and time; our copies of them are ready; every participant has copied the
 * intent and holds ready copies; nobody is unreadable.
 */
export function judgeRelease(snapshot: Snapshot, intent: Intent): Readiness {
  const because = blockedBy(snapshot, intent);
  if (because !== undefined) return { ready: false, because };
  return takeover(snapshot, ownView(snapshot), intent);
}

function blockedBy(snapshot: Snapshot, intent: Intent): string | undefined {
  const unreadable = peerViews(snapshot).filter((view) => !view.listed);
  if (unreadable.length) return `${names(unreadable)} cannot be read`;
  const server = snapshot.clusters.get(intent.at);
  if (!server?.service) return `${intent.at} has no such Service`;
  if (server.outOfScope) return `the sync process in ${intent.at} leaves this namespace out`;
  if (!sameIntent(intentOf(server), intent) || annotation(server.service, MODE) !== "source") {
    return `${intent.at} has not taken the intent yet`;
  }
  if (!hasSelector(server.service)) return `${intent.at} has no selector yet`;
  const others = participants(snapshot, intent).filter(
    (view) => view.name !== snapshot.own && view.name !== intent.at && !view.outOfScope,
  );
  const behind = others.filter((view) => !sameIntent(intentOf(view), intent));
  if (behind.length) return `${names(behind)} has not copied the intent yet`;
  const without = others.filter((view) => !holdsServerCopies(view, server));
  if (without.length) return `${names(without)} does not hold ready copies of ${intent.at} yet`;
  return undefined;
}

function names(views: readonly { name: string }[]): string {
  return views.map((view) => view.name).join(", ");
}
