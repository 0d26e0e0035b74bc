/** AdmissionReview in and out (admission.k8s.io/v1); no other file builds an answer. */

import type { PatchOperation } from "../shared/admission/json-patch.ts";
import type { AdmissionRequest } from "../shared/admission/request.ts";
import { renderViolation, renderViolations, type Violation } from "../shared/admission/violation.ts";
import type { Service } from "../shared/kube/objects.ts";
import { explainFault, isReview, isService } from "./review-schema.ts";

/** What the API server gets back. */
export interface Review {
  apiVersion: "admission.k8s.io/v1";
  kind: "AdmissionReview";
  response: {
    uid: string;
    allowed: boolean;
    warnings?: string[];
    /** For the API server's audit log, which puts the name of the webhook before each key. */
    auditAnnotations?: Record<string, string>;
    patchType?: "JSONPatch";
    /** Base64 of the JSON patch; present exactly when `patchType` is. */
    patch?: string;
    status?: { code: number; reason: string; message: string; details?: { causes: Cause[] } };
  };
}

interface Cause {
  reason: "FieldValueInvalid";
  field: string;
  message: string;
}

/** A decoded review; `request` is undefined if it is about something that is no Service. */
export interface DecodedReview {
  uid: string;
  request: AdmissionRequest | undefined;
}

/** Reads the body of a call. Throws `BadReview`, whose message names the faulty field and repeats no value. */
export function decodeReview(body: unknown): DecodedReview {
  if (!isReview(body)) throw new BadReview(explainFault(isReview, ""));
  const { request } = body;
  const { uid, kind, operation, namespace = "", name = "", userInfo } = request;
  if (kind.kind !== "Service" || (kind.group ?? "") !== "") return { uid, request: undefined };
  const object = readService(request.object, "request.object");
  const oldObject = readService(request.oldObject, "request.oldObject");
  const manager = request.options?.["fieldManager"];
  const decoded: AdmissionRequest = {
    operation,
    user: userInfo?.username ?? "",
    namespace,
    name,
    ...(typeof manager === "string" ? { fieldManager: manager } : {}),
    ...(object ? { object } : {}),
    ...(oldObject ? { oldObject } : {}),
  };
  requireObjects(decoded);
  return { uid, request: decoded };
}

/** What an answer says beside the verdict. */
export interface Remarks {
  /** For the caller. */
  warnings: readonly string[];
  /** For the audit log; keys are names as in labels. */
  audit: Readonly<Record<string, string>>;
}

/** The request passes as it is. */
export function allowed(uid: string, remarks?: Remarks): Review {
  return answer({ uid, allowed: true, ...render(remarks) });
}

/** The request passes with changes; an empty patch is the same as `allowed` (the API server refuses a type without a patch). */
export function patched(uid: string, patch: readonly PatchOperation[], remarks: Remarks): Review {
  if (patch.length === 0) return allowed(uid, remarks);
  const encoded = Buffer.from(JSON.stringify(patch)).toString("base64");
  return answer({ uid, allowed: true, patchType: "JSONPatch", patch: encoded, ...render(remarks) });
}

/** The request is refused, with every reason in the message and one by one in `details.causes`. */
export function denied(uid: string, violations: readonly Violation[], remarks: Remarks): Review {
  const causes = violations.map((violation) => ({
    reason: "FieldValueInvalid" as const,
    field: violation.field,
    message: renderViolation(violation),
  }));
  const message = renderViolations(violations);
  const status = { code: 403, reason: "Forbidden", message, details: { causes } };
  return answer({ uid, allowed: false, status, ...render(remarks) });
}

/** The webhook itself failed; sent with HTTP status 500, so that the configured failure policy decides. */
export function errored(uid: string): Review {
  const message = "kubectl-syndicate: the webhook failed on this request; its log has the reason under this uid";
  return answer({ uid, allowed: false, status: { code: 500, reason: "InternalError", message } });
}

/** A body that is no review of ours: the caller's mistake, answered with HTTP status 400. */
export class BadReview extends Error {
  override name = "BadReview";
}

function answer(response: Review["response"]): Review {
  return { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response };
}

function render(remarks: Remarks | undefined): Pick<Review["response"], "warnings" | "auditAnnotations"> {
  if (!remarks) return {};
  const { warnings, audit } = remarks;
  return {
    ...(warnings.length ? { warnings: [...warnings] } : {}),
    ...(Object.keys(audit).length ? { auditAnnotations: { ...audit } } : {}),
  };
}

/** The object as it came, so that unknown fields and odd keys stay what they are. */
function readService(value: unknown, path: string): Service | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isService(value)) throw new BadReview(explainFault(isService, path));
  return value as unknown as Service;
}

function requireObjects({ operation, object, oldObject }: AdmissionRequest): void {
  const needsObject = operation === "CREATE" || operation === "UPDATE";
  if (needsObject && !object) throw new BadReview(`request.object: missing for ${operation}`);
  if (operation === "UPDATE" && !oldObject) throw new BadReview("request.oldObject: missing for UPDATE");
}
