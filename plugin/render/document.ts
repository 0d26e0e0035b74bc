/** The model as JSON and YAML, an interface for scripts: fields are added, never renamed or removed, within a version. */
import { stringify } from "yaml";
import type { ServiceStatus, StatusModel } from "../status/model.ts";

const API_VERSION = "cli.syndicate.vmware.com/v1";

/** A list, also of nothing. */
export function listDocument({ clusters, services }: StatusModel): object {
  return { apiVersion: API_VERSION, kind: "ServiceStatusList", clusters, items: services.map(itemDocument) };
}

/** One Service. */
export function serviceDocument(model: StatusModel, service: ServiceStatus): object {
  return { ...itemDocument(service), clusters: model.clusters };
}

/** One Service of a list. */
export function itemDocument(service: ServiceStatus): object {
  return { apiVersion: API_VERSION, kind: "ServiceStatus", ...service };
}

/** Any other answer: `kind` and its fields. */
export function kindDocument(kind: string, fields: object): object {
  return { apiVersion: API_VERSION, kind, ...fields };
}

/** The text of a document. */
export function renderDocument(document: object, format: "json" | "yaml"): string {
  return format === "json" ? `${JSON.stringify(document, null, 2)}\n` : stringify(document);
}
