/** What an admission decision is made from, and the plain facts read off it. */

import type { Advice } from "../advice.ts";
import { type IntentCopy, impliedMode, parseIntent } from "../intent.ts";
import { INTENT, MODE, REPLICA_OF, SHADOW_OF } from "../keys.ts";
import { annotation, label, type Service } from "../kube/objects.ts";
import { type ModeOrAbsent, parseMode } from "../mode.ts";
import { effectiveSelector, hasSelector } from "../selector.ts";

/** One request about one Service, as the API server describes it. */
export interface AdmissionRequest {
  /** `CONNECT` and anything a later API adds count as "nothing to say". */
  operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  /** User name of the caller. */
  user: string;
  namespace: string;
  /** May be empty on CREATE with `generateName`. */
  name: string;
  /** The field manager the caller named; absent if the API server derived one from the user agent. */
  fieldManager?: string;
  /** The Service to be stored; absent on DELETE. */
  object?: Service;
  /** The Service as stored now; absent on CREATE. */
  oldObject?: Service;
}

/** What the webhook is told at start. */
export interface AdmissionSettings {
  /** Name of the cluster this webhook guards. */
  cluster: string;
  /** User name of the sync process; its writes are neither judged nor changed. */
  syncUser: string;
  /** `keep`: a union leaves selectors alone. */
  unionSelector: "strip" | "keep";
}

/** Everything a decision may depend on. */
export interface Situation {
  request: AdmissionRequest;
  settings: AdmissionSettings;
  /** What the sync process knows of all clusters; `unavailable` if it did not answer in time or was not asked. */
  advice: Advice | "unavailable";
  /** Milliseconds since 1970. */
  now: number;
}

/** A CREATE or UPDATE, with the object that is certain to be there. */
export interface Change extends Situation {
  object: Service;
  old: Service | undefined;
}

/**
 * The situation as a change to judge; undefined if there is nothing to say: other operations, a request without its
 * object, and every write of the sync process (it carries out transitions; rules for people would stop it midway).
 */
export function asChange(situation: Situation): Change | undefined {
  const { operation, object, oldObject } = situation.request;
  if (isSync(situation) || object === undefined) return undefined;
  if (operation === "CREATE") return { ...situation, object, old: undefined };
  if (operation === "UPDATE" && oldObject !== undefined) return { ...situation, object, old: oldObject };
  return undefined;
}

/** True if the caller is the sync process. */
export function isSync({ request, settings }: Situation): boolean {
  return request.user === settings.syncUser;
}

/** The mode annotation as written, whatever it says. */
export function modeText(service: Service | undefined): string | undefined {
  return service && annotation(service, MODE);
}

/** The mode of a Service for the transition table; a word that is no mode counts as absent. */
export function modeOf(service: Service | undefined): ModeOrAbsent {
  return parseMode(modeText(service)) ?? "absent";
}

/** True if this request changes, adds or removes the mode annotation. On CREATE any mode is a change. */
export function changesMode({ object, old }: Change): boolean {
  return modeText(object) !== modeText(old);
}

/** The intent a Service stores; undefined if none, or damaged. */
export function intentCopy(service: Service | undefined): IntentCopy | undefined {
  return service && parseIntent(annotation(service, INTENT));
}

/** Origin of a Service made by the sync process in place of another cluster's; undefined for own Services. */
export function replicaOf(service: Service | undefined): string | undefined {
  return service && label(service, REPLICA_OF);
}

/** True for the helper Services that go on tracking a stripped Service's pods. */
export function isShadow(service: Service | undefined): boolean {
  return service !== undefined && label(service, SHADOW_OF) !== undefined;
}

/** True for headless Services: they have no virtual address, clients resolve the pods themselves. */
export function isHeadless(service: Service): boolean {
  return service.spec.clusterIP === "None";
}

/** True if a union would leave this Service's selector alone; forced for headless ones (docs/protocol.md: pods' DNS names). */
export function unionKeepsSelector(service: Service, settings: AdmissionSettings): boolean {
  return settings.unionSelector === "keep" || isHeadless(service);
}

/**
 * True if the stored Service had its selector taken by the sync process and shall stay without: it follows an intent
 * under which this cluster's Service ends stripped (receiver; union unless it keeps selectors).
 */
export function isStripped(service: Service, settings: AdmissionSettings): boolean {
  if (hasSelector(service)) return false;
  const implied = impliedMode(intentCopy(service), settings.cluster);
  return implied === "receiver" || (implied === "union" && !unionKeepsSelector(service, settings));
}

/** True if a Service without selector once had one that we keep for it, so its pods can still be found. */
export function hasKeptSelector(service: Service): boolean {
  return intentCopy(service) !== undefined && effectiveSelector(service) !== undefined;
}
