/** The commands that messages offer. */

import type { AdmissionRequest } from "./request.ts";

/** `kubectl annotate` that sets `key`, or removes it if there is no value. */
export function annotateCommand(request: AdmissionRequest, key: string, value: string | undefined): string {
  const edit = value === undefined ? `${key}-` : `${key}=${value} --overwrite`;
  return `kubectl annotate service ${target(request)} ${edit}`;
}

/** `kubectl patch` that sets one field of the spec. */
export function patchSpecCommand(request: AdmissionRequest, field: string, value: string): string {
  return `kubectl patch service ${target(request)} --type=merge -p '{"spec":{"${field}":"${value}"}}'`;
}

/** `kubectl syndicate status`: shows the Service in all clusters. */
export function statusCommand(request: AdmissionRequest): string {
  return `kubectl syndicate status ${target(request)}`;
}

function target({ name, namespace }: AdmissionRequest): string {
  return `${name || "NAME"} -n ${namespace}`;
}
