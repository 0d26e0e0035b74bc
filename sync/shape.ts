/**
 * The shape of what peers say. An API server checks what it keeps, so objects of the own cluster have one; a server that is not ours may say
 * anything, and all that reads objects takes them for whole. Refused is only what no API server sends.
 */
import type { EndpointSlice, Service } from "../shared/kube/objects.ts";

type Check = (value: unknown) => boolean;
type Shape = readonly (readonly [field: string, check: Check])[];

/** The Service, if it can be read as one. Throws a TypeError that names what cannot. */
export function checkService(service: Service): Service {
  checkFields("the Service", service, []);
  checkFields("metadata", service.metadata, META);
  checkFields("spec", service.spec, SPEC);
  if (service.status) checkFields("status", service.status, STATUS);
  return service;
}

/** The slice, if it can be read as one. Throws a TypeError that names what cannot. */
export function checkSlice(slice: EndpointSlice): EndpointSlice {
  checkFields("the slice", slice, SLICE);
  checkFields("metadata", slice.metadata, META);
  return slice;
}

function checkFields(what: string, value: unknown, shape: Shape): void {
  if (!isObject(value)) throw new TypeError(`${what} is no object`);
  for (const [field, check] of shape) {
    if (!check(value[field])) throw new TypeError(`${field} of ${what} is none: ${excerpt(value[field])}`);
  }
}

function excerpt(value: unknown): string {
  return `${JSON.stringify(value)}`.slice(0, 80);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const isText: Check = (value) => typeof value === "string";
const isNumber: Check = (value) => typeof value === "number";
const isTexts: Check = (value) => isObject(value) && Object.values(value).every(isText);
/** Left out; null is what Go sends for some fields without a value. */
const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || value === null || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const shaped =
  (shape: Shape): Check =>
  (value) =>
    isObject(value) && shape.every(([field, check]) => check(value[field]));

const isTextList = listOf(isText);
const MAYBE_TEXT = maybe(isText);

const META: Shape = [
  ["name", (value) => isText(value) && value !== ""],
  ["namespace", isText],
  ["uid", MAYBE_TEXT],
  ["resourceVersion", MAYBE_TEXT],
  ["creationTimestamp", MAYBE_TEXT],
  ["deletionTimestamp", MAYBE_TEXT],
  ["labels", maybe(isTexts)],
  ["annotations", maybe(isTexts)],
  ["ownerReferences", maybe(listOf(isObject))],
  ["managedFields", maybe(listOf(isObject))],
];

const SERVICE_PORT: Shape = [
  ["port", isNumber],
  ["name", MAYBE_TEXT],
  ["protocol", MAYBE_TEXT],
  ["appProtocol", MAYBE_TEXT],
];

const SPEC: Shape = [
  ["type", MAYBE_TEXT],
  ["clusterIP", MAYBE_TEXT],
  ["selector", maybe(isTexts)],
  ["ipFamilies", maybe(isTextList)],
  ["ports", maybe(listOf(shaped(SERVICE_PORT)))],
];

const STATUS: Shape = [["conditions", maybe(listOf(isObject))]];

const ENDPOINT: Shape = [
  // The first one says who it is.
  ["addresses", (value) => isTextList(value) && (value as []).length > 0],
  ["conditions", maybe(isObject)],
  ["hostname", MAYBE_TEXT],
  ["zone", MAYBE_TEXT],
];

const ENDPOINT_PORT: Shape = [
  ["name", MAYBE_TEXT],
  ["port", maybe(isNumber)],
  ["protocol", MAYBE_TEXT],
  ["appProtocol", MAYBE_TEXT],
];

const SLICE: Shape = [
  ["addressType", isText],
  ["endpoints", maybe(listOf(shaped(ENDPOINT)))],
  ["ports", maybe(listOf(shaped(ENDPOINT_PORT)))],
];
