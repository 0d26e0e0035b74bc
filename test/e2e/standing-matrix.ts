/** The transition matrix for a real API server: every Service stands there in its old mode, every change is a dry run. */
import { MODE } from "../../shared/keys.ts";
import type { Service } from "../../shared/kube/objects.ts";
import type { LabCluster } from "../lab/lab.ts";
import { listRows, type MatrixRow } from "../shared/admission/matrix.ts";

/** All rows but those a server cannot hold: a second kubernetes Service, or that one in a mode. */
export const ROWS: readonly MatrixRow[] = listRows().filter(
  ({ kind, operation, from }) => kind !== "kubernetes" || (operation === "UPDATE" && from === "absent"),
);

/** A List of every Service that rows change, in its old mode. */
export function listStanding(): object {
  const standing = ROWS.filter(({ operation, kind }) => operation === "UPDATE" && kind !== "kubernetes");
  const items = new Map(standing.map((row) => [nameOf(row), standingObject(row)]));
  return { apiVersion: "v1", kind: "List", items: [...items.values()] };
}

/** Asks the API server for the row's change, as a dry run. */
export function askDry(cluster: LabCluster, row: MatrixRow): ReturnType<LabCluster["request"]> {
  const path = `/api/v1/namespaces/${row.key.namespace}/services`;
  if (row.operation === "CREATE") {
    const metadata = { ...row.object?.metadata, name: "created" };
    return cluster.request("POST", `${path}?dryRun=All`, { ...row.object, metadata });
  }
  const patch = { metadata: { annotations: { [MODE]: row.to === "absent" ? null : row.to } } };
  if (row.operation === "UPDATE") return cluster.request("PATCH", `${path}/${nameOf(row)}?dryRun=All`, patch);
  return cluster.request("DELETE", `${path}/${nameOf(row)}?dryRun=All`);
}

function nameOf({ kind, from }: MatrixRow): string {
  return kind === "kubernetes" ? "kubernetes" : `${kind}-${from === "Source" ? "odd" : from}`.toLowerCase();
}

function standingObject(row: MatrixRow): object {
  const { metadata, spec } = row.oldObject as Service;
  return { apiVersion: "v1", kind: "Service", metadata: { ...metadata, name: nameOf(row) }, spec };
}
