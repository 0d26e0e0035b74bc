/**
 * The shape of what peers say. An API server checks what it keeps, so objects of the own cluster have one; a server that is not ours may say
 * anything, and all that reads objects takes them for whole. Refused is only what no API server sends.
 */
import type { Endpoint, EndpointSlice, Service } from "../shared/kube/objects.ts";

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
    if (!check(value[field]))
      throw new TypeError(`${field} of ${what} is nothing an API server sends: ${excerpt(value[field])}`);
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

const META: Shape = [
  ["name", (value) => isText(value) && value !== ""],
  ["namespace", isText],
  ["uid", isTextIfAny],
  ["resourceVersion", isTextIfAny],
  ["creationTimestamp", isTextIfAny],
  ["deletionTimestamp", isTextIfAny],
  ["labels", maybe(isTexts)],
  ["annotations", maybe(isTexts)],
  ["ownerReferences", maybe(listOf(isObject))],
  ["managedFields", maybe(listOf(isObject))],
];

const SERVICE_PORT: Shape = [
  ["port", isNumber],
  ["name", isTextIfAny],
  ["protocol", isTextIfAny],
  ["appProtocol", isTextIfAny],
];

const SPEC: Shape = [
  ["type", isTextIfAny],
  ["clusterIP", isTextIfAny],
  ["selector", maybe(isTexts)],
  ["ipFamilies", maybe(isTextList)],
  ["ports", maybe(listOf(shaped(SERVICE_PORT)))],
];

const STATUS: Shape = [["conditions", maybe(listOf(isObject))]];

/** Written out: of these there are a hundred thousand. The first address says who it is. */
const isEndpoint: Check = (value) => {
  if (!isObject(value)) return false;
  const { addresses, conditions, hostname, zone } = value as Readonly<Record<keyof Endpoint, unknown>>;
  if (!Array.isArray(addresses) || addresses.length === 0) return false;
  for (const address of addresses) if (typeof address !== "string") return false;
  if (conditions !== undefined && conditions !== null && !isObject(conditions)) return false;
  return isTextIfAny(hostname) && isTextIfAny(zone);
};

function isTextIfAny(value: unknown): boolean {
  return value === undefined || value === null || typeof value === "string";
}

const ENDPOINT_PORT: Shape = [
  ["name", isTextIfAny],
  ["port", maybe(isNumber)],
  ["protocol", isTextIfAny],
  ["appProtocol", isTextIfAny],
];

const SLICE: Shape = [
  ["addressType", isText],
  ["endpoints", maybe(listOf(isEndpoint))],
  ["ports", maybe(listOf(shaped(ENDPOINT_PORT)))],
];
