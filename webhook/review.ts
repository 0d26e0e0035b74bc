/** AdmissionReview in and out (admission.k8s.io/v1); no other file builds an answer. */

import * as v from "valibot";
import type { PatchOperation } from "../shared/admission/json-patch.ts";
import type { AdmissionRequest } from "../shared/admission/request.ts";
import { renderViolation, renderViolations, type Violation } from "../shared/admission/violation.ts";
import type { Service } from "../shared/kube/objects.ts";

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

/**
 * Maps are checked in place and never copied: valibot's records drop keys such as `constructor`, which are legal label keys.
 */
const StringMap = v.custom<Record<string, string>>(
  (value) => isObject(value) && Object.values(value).every((entry) => typeof entry === "string"),
  "must be an object of strings",
);
const PlainObject = v.custom<Record<string, unknown>>(isObject, "must be an object");
const Port = v.object({
  name: v.nullish(v.string()),
  protocol: v.nullish(v.string()),
  port: v.number(),
});

/** The parts of a Service that decisions read. `object` alone would let arrays pass. */
const ServiceSchema = v.object({
  metadata: v.pipe(
    PlainObject,
    v.object({
      labels: v.nullish(StringMap),
      annotations: v.nullish(StringMap),
      managedFields: v.nullish(v.array(PlainObject)),
    }),
  ),
  spec: v.pipe(
    PlainObject,
    v.object({
      type: v.nullish(v.string()),
      selector: v.nullish(StringMap),
      clusterIP: v.nullish(v.string()),
      ports: v.nullish(v.array(Port)),
      externalTrafficPolicy: v.nullish(v.string()),
      internalTrafficPolicy: v.nullish(v.string()),
    }),
  ),
});

const Name = v.pipe(v.string(), v.maxLength(253));
const RequestSchema = v.object({
  // A uid is 36 characters; the limit keeps a hostile one out of answers and logs.
  uid: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
  kind: v.object({ group: v.optional(v.string()), version: v.string(), kind: v.string() }),
  operation: v.picklist(["CREATE", "UPDATE", "DELETE", "CONNECT"]),
  namespace: v.optional(Name, ""),
  name: v.optional(Name, ""),
  userInfo: v.optional(v.object({ username: v.optional(v.string(), "") }), {}),
  options: v.nullish(PlainObject),
  object: v.nullish(PlainObject),
  oldObject: v.nullish(PlainObject),
});

const ReviewSchema = v.object({
  apiVersion: v.literal("admission.k8s.io/v1"),
  kind: v.literal("AdmissionReview"),
  request: RequestSchema,
});

/** Reads the body of a call. Throws `BadReview`, whose message names the faulty field and repeats no value. */
export function decodeReview(body: unknown): DecodedReview {
  const { request } = parse(ReviewSchema, body, "");
  const { uid, kind, operation, namespace, name, userInfo } = request;
  if (kind.kind !== "Service" || (kind.group ?? "") !== "") return { uid, request: undefined };
  const object = readService(request.object, "request.object");
  const oldObject = readService(request.oldObject, "request.oldObject");
  const manager = request.options?.["fieldManager"];
  const decoded: AdmissionRequest = {
    operation,
    user: userInfo.username,
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

/** The object itself, not valibot's copy, so that unknown fields and odd keys stay what they are. */
function readService(value: unknown, path: string): Service | undefined {
  if (value === undefined || value === null) return undefined;
  parse(ServiceSchema, value, `${path}.`);
  return value as Service;
}

function requireObjects({ operation, object, oldObject }: AdmissionRequest): void {
  const needsObject = operation === "CREATE" || operation === "UPDATE";
  if (needsObject && !object) throw new BadReview(`request.object: missing for ${operation}`);
  if (operation === "UPDATE" && !oldObject) throw new BadReview("request.oldObject: missing for UPDATE");
}

function parse<T extends v.GenericSchema>(schema: T, value: unknown, prefix: string): v.InferOutput<T> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = (v.getDotPath(issue) ?? "body").slice(0, 100);
  throw new BadReview(`${prefix}${path}: expected ${issue.expected ?? issue.message}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
