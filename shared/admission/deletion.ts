/** Deleting is never denied; who loses something by it is said. */

import { impliedMode } from "../intent.ts";
import { SHADOW_OF } from "../keys.ts";
import { label } from "../kube/objects.ts";
import { intentCopy, isShadow, replicaOf, type Situation } from "./request.ts";

/** Warnings for the one who deletes a Service. */
export function warnAboutDeletion({ request, settings, advice }: Situation): string[] {
  const { oldObject } = request;
  if (!oldObject) return [];
  if (isShadow(oldObject)) {
    const name = label(oldObject, SHADOW_OF);
    return [`it tracks the pods of Service ${name}; the sync process will make it again`];
  }
  if (replicaOf(oldObject) !== undefined)
    return ["a replica: the sync process will make it again while its origin lives"];
  const copy = intentCopy(oldObject);
  if (impliedMode(copy, settings.cluster) === "receiver") return [];
  if (advice === "unavailable")
    return copy ? ["clusters that follow this Service lose it; the sync process did not answer"] : [];
  const followers = advice.clusters.filter(
    ({ name, service, mode }) => name !== settings.cluster && (service === "replica" || mode === "receiver"),
  );
  const names = followers.map(({ name }) => name).join(", ");
  return followers.length ? [`clusters that follow this Service lose it: ${names}`] : [];
}
