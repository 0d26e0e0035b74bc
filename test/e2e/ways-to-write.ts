/** The ways to write a Service, each as a client would. */
import type { GuardedCluster } from "./guarded-cluster.ts";

/** The Services of `guardCluster`'s namespace. */
export const PATH = "/api/v1/namespaces/shop/services";
/** Content type of a server-side apply. */
export const SSA = "application/apply-patch+yaml";

const TYPES = {
  "merge patch": "application/merge-patch+json",
  "strategic merge patch": "application/strategic-merge-patch+json",
  "JSON patch": "application/json-patch+json",
  "server-side apply": SSA,
  "server-side apply with force": SSA,
  replace: "application/json",
} as const;
/** Name of a way. */
export type Way = keyof typeof TYPES;
/** Every way a client has to write a Service that exists. */
export const WAYS = Object.keys(TYPES) as Way[];

/** What is written. */
export interface Written {
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
}

/** Sets annotations and labels of a Service in one of the ways there are. */
export async function write(
  guarded: GuardedCluster,
  way: Way,
  name: string,
  { annotations = {}, labels = {} }: Written,
  query = "",
) {
  const { cluster } = guarded;
  const path = `${PATH}/${name}?fieldManager=test${query}`;
  if (way === "replace") {
    const { metadata, ...rest } = await guarded.read(name);
    const merged = { ...metadata, annotations: { ...metadata.annotations, ...annotations }, labels };
    return cluster.request("PUT", path, { ...rest, metadata: merged });
  }
  if (way === "JSON patch") {
    const at = (map: string, [key, value]: [string, string]) => ({
      op: "add",
      path: `/metadata/${map}/${key.replaceAll("/", "~1")}`,
      value,
    });
    const patch = [
      ...Object.entries(annotations).map((entry) => at("annotations", entry)),
      ...(Object.keys(labels).length ? [{ op: "add", path: "/metadata/labels", value: labels }] : []),
    ];
    return cluster.request("PATCH", path, patch, TYPES[way]);
  }
  const metadata = { annotations, labels };
  if (!way.startsWith("server-side")) return cluster.request("PATCH", path, { metadata }, TYPES[way]);
  const object = { apiVersion: "v1", kind: "Service", metadata: { name, ...metadata } };
  return cluster.request("PATCH", `${path}&force=${way.endsWith("force")}`, JSON.stringify(object), TYPES[way]);
}
