/** Verdicts as the API server would get them, and the Services they are about. */

import assert from "node:assert/strict";
import type { Situation } from "../../../shared/admission/request.ts";
import { validate } from "../../../shared/admission/validate.ts";
import { renderViolations } from "../../../shared/admission/violation.ts";
import type { Intent } from "../../../shared/intent.ts";
import { MODE, SELECTOR } from "../../../shared/keys.ts";
import type { Service } from "../../../shared/kube/objects.ts";
import type { ModeOrAbsent } from "../../../shared/mode.ts";
import { mutated } from "./patched-object.ts";
import { annotated, following, NOW, type RequestParts, selectorless, service, stripped } from "./situations.ts";

/** The verdict on what mutation makes of the request, as the API server asks for it; warnings are always short. */
export function judge(before: Situation): { message: string; fields: string[]; warnings: string } {
  const { violations, warnings } = validate(mutated(before));
  for (const warning of warnings) assert.ok(warning.length <= 120, `${warning.length}: ${warning}`);
  const message = violations.length ? renderViolations(violations) : "";
  return { message, fields: violations.map(({ field }) => field), warnings: warnings.join("\n") };
}

/** A Service at rest in a mode, as the protocol leaves it in cluster `a`. */
export const atRest: Record<ModeOrAbsent, Service> = {
  absent: service(),
  source: service({ annotations: following("source", { mode: "source", at: "a", time: 5 }) }),
  receiver: stripped(),
  union: selectorless({
    annotations: following("union", { mode: "union", at: "a", time: 5 }, { [SELECTOR]: '{"app":"web"}' }),
  }),
  singular: service({ annotations: following("singular", { mode: "singular", at: "a", time: 5 }) }),
};

export const serving = atRest.source;
export const become = (mode: string, base: Service = serving): RequestParts => ({
  object: annotated(base, MODE, mode),
  oldObject: base,
});
export const withSpec = (spec: Service["spec"], base: Service = serving): Service => ({
  ...base,
  spec: { ...base.spec, ...spec },
});
export const kubernetes = { namespace: "default", name: "kubernetes" };
export const ahead: Intent = { mode: "source", at: "b", time: NOW + 3_600_000 };
export const headless = withSpec({ clusterIP: "None", internalTrafficPolicy: "Local" });
export const http = (port: number, protocol = "TCP") => [{ name: "http", port, protocol }];
