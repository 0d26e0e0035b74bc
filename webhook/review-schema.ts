/**
 * The shape of an AdmissionReview (admission.k8s.io/v1), as far as decisions read it. Compiled (ajv), because every review is
 * checked: an interpreted schema took half of the time of a decision.
 */

import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";

/** A review of the right shape. `object` and `oldObject` are any objects until `isService` says more. */
export interface RawReview {
  request: {
    uid: string;
    kind: { group?: string; version: string; kind: string };
    operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
    namespace?: string;
    name?: string;
    userInfo?: { username?: string };
    options?: Record<string, unknown> | null;
    object?: Record<string, unknown> | null;
    oldObject?: Record<string, unknown> | null;
  };
}

const text = { type: "string" };
const optionalText = { type: "string", nullable: true };
const optionalObject = { type: "object", nullable: true };
const stringMap = { type: "object", nullable: true, additionalProperties: text };
const name = { type: "string", maxLength: 253 };

const REVIEW = {
  type: "object",
  required: ["apiVersion", "kind", "request"],
  properties: {
    apiVersion: { const: "admission.k8s.io/v1" },
    kind: { const: "AdmissionReview" },
    request: {
      type: "object",
      required: ["uid", "kind", "operation"],
      properties: {
        // A uid is 36 characters; the limit keeps a hostile one out of answers and logs.
        uid: { type: "string", minLength: 1, maxLength: 128 },
        kind: {
          type: "object",
          required: ["version", "kind"],
          properties: { group: text, version: text, kind: text },
        },
        operation: { enum: ["CREATE", "UPDATE", "DELETE", "CONNECT"] },
        namespace: name,
        name,
        userInfo: { type: "object", properties: { username: text } },
        options: optionalObject,
        object: optionalObject,
        oldObject: optionalObject,
      },
    },
  },
};

const PORT = {
  type: "object",
  required: ["port"],
  properties: { name: optionalText, protocol: optionalText, port: { type: "number" } },
};

const SERVICE = {
  type: "object",
  required: ["metadata", "spec"],
  properties: {
    metadata: {
      type: "object",
      properties: {
        labels: stringMap,
        annotations: stringMap,
        managedFields: { type: "array", nullable: true, items: { type: "object" } },
      },
    },
    spec: {
      type: "object",
      properties: {
        type: optionalText,
        selector: stringMap,
        clusterIP: optionalText,
        ports: { type: "array", nullable: true, items: PORT },
        externalTrafficPolicy: optionalText,
        internalTrafficPolicy: optionalText,
      },
    },
  },
};

const ajv = new Ajv();

/** True if a body has the shape of a review. */
export const isReview: ValidateFunction<RawReview> = ajv.compile(REVIEW);

/** True if an object has the parts of a Service that decisions read, each of its type. */
export const isService: ValidateFunction<Record<string, unknown>> = ajv.compile(SERVICE);

/** Longest path repeated: keys of maps are part of it. */
const MAX_PATH = 100;

/** Why the last call of `check` was false: the field below `prefix` and what it must be; no value is repeated. */
export function explainFault(check: ValidateFunction<unknown>, prefix: string): string {
  const fault = check.errors?.[0];
  if (!fault) return "body: is not valid";
  const { instancePath, keyword, params } = fault;
  const missing = keyword === "required" ? `/${params["missingProperty"]}` : "";
  const path = `${prefix}${instancePath}${missing}`.replaceAll("/", ".").replace(/^\./, "");
  return `${path.slice(0, MAX_PATH) || "body"}: ${missing ? "is missing" : describeFault(fault)}`;
}

/** The values of our own schema that are named here say more than ajv's words for them. */
function describeFault({ keyword, params, message = "is not valid" }: ErrorObject): string {
  if (keyword === "const") return `must be ${params["allowedValue"]}`;
  return keyword === "enum" ? `must be one of ${params["allowedValues"].join(", ")}` : message;
}
