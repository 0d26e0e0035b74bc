/** Names of clusters, and of the objects we make: deterministic, so that a second create is refused instead of doubled; length-safe. */
import { hash } from "node:crypto";

/** Service names are DNS labels (RFC 1035): at most 63 characters. */
const MAX_LABEL = 63;
/** Slice names are DNS subdomains of at most 253; we stay within a label so that tables stay readable. */
const MAX_SLICE = 63 + 1 + 10;

/** True for what a cluster may be called. The name appears in labels and in names of objects: a DNS label. */
export function isClusterName(name: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name);
}

/** Ten hex digits: 40 bits, so a collision among 10,000 slices of one Service has odds of about 1 in 20,000. */
function digest(...parts: string[]): string {
  return hash("sha256", parts.join("\n"), "hex").slice(0, 10);
}

/** Name of the copy of slice `sourceSlice` of `cluster`, for Service `service`. */
export function copyName(service: string, cluster: string, sourceSlice: string): string {
  const suffix = `-${digest(service, cluster, sourceSlice)}`;
  return `${`${service}-${cluster}`.slice(0, MAX_SLICE - suffix.length).replace(/[^a-z0-9]+$/, "")}${suffix}`;
}

/** Name of the shadow of Service `service`: `<service>-syndicate`, hashed beyond 63 characters. */
export function shadowName(service: string): string {
  const plain = `${service}-syndicate`;
  return plain.length <= MAX_LABEL ? plain : hashedShadowName(service);
}

/** The other name of a shadow, used when the plain one is taken by somebody else's Service. */
export function hashedShadowName(service: string): string {
  const suffix = `-syndicate-${digest(service)}`;
  return `${service.slice(0, MAX_LABEL - suffix.length).replace(/-+$/, "")}${suffix}`;
}
