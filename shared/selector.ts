/** Selectors: how they are kept in annotations, and which one is in force for a Service. */

import { ORIGIN_SELECTOR, SELECTOR } from "./keys.ts";
import { annotation, type KubeObject, type Service } from "./kube/objects.ts";

export type Selector = Readonly<Record<string, string>>;

/** True if the live Service selects pods (Kubernetes treats an empty map as "no selector"). */
export function hasSelector(service: Service | undefined): boolean {
  const selector = service?.spec.selector;
  return selector !== undefined && selector !== null && Object.keys(selector).length > 0;
}

/**
 * The selector in an annotation value, undefined if absent or unusable.
 * Refused: anything but a JSON object of strings, and the empty map (it would select nothing, or in other APIs everything).
 */
export function parseSelector(text: string | undefined): Selector | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    const entries = Object.entries(value);
    if (entries.length === 0 || entries.some(([, wanted]) => typeof wanted !== "string")) return undefined;
    return value as Selector;
  } catch {
    return undefined;
  }
}

/** The annotation value of a selector, keys sorted, so equal selectors give equal text. */
export function formatSelector(selector: Selector): string {
  return JSON.stringify(Object.fromEntries(Object.entries(selector).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))));
}

/** True if both select the same pods by the same words. */
export function sameSelector(a: Selector | null | undefined, b: Selector | null | undefined): boolean {
  return formatSelector(a ?? {}) === formatSelector(b ?? {});
}

/** The selector this cluster's Service shall have when it selects: its own one, else the copy of its origin's. */
export function effectiveSelector(service: Service): Selector | undefined {
  return ownSelector(service) ?? parseSelector(annotation(service, ORIGIN_SELECTOR));
}

/** This cluster's own selector: the live one, else the one saved at the strip or set by a person. */
export function ownSelector(service: Service): Selector | undefined {
  return hasSelector(service) ? (service.spec.selector ?? undefined) : savedSelector(service);
}

/** The selector kept in the annotation of this cluster's own selector. */
export function savedSelector(object: KubeObject): Selector | undefined {
  return parseSelector(annotation(object, SELECTOR));
}
