/** Random requests for property tests: legal ones, odd ones, forged ones. */

import fc from "fast-check";
import type { Situation } from "../../../shared/admission/request.ts";
import type { Advice } from "../../../shared/advice.ts";
import { formatIntent } from "../../../shared/intent.ts";
import {
  ADOPT,
  INTENT,
  LAST_APPLIED,
  MODE,
  ORIGIN_SELECTOR,
  REPLICA_OF,
  SELECTOR,
  SHADOW_OF,
  SUCCESSOR,
} from "../../../shared/keys.ts";
import type { ManagedFieldsEntry, Service } from "../../../shared/kube/objects.ts";
import { MODES } from "../../../shared/mode.ts";
import { adviceOf, NOW, peer, SETTINGS } from "./situations.ts";

const clusters = fc.constantFrom("a", "b", "c");
const times = fc.oneof(fc.constantFrom(NOW - 1, NOW, NOW + 1, NOW + 400_000, 8_640_000_000_000_000), fc.nat());
const intents = fc.record(
  {
    mode: fc.constantFrom("source", "union", "singular", "none"),
    at: clusters,
    from: clusters,
    time: times,
    adopt: fc.array(clusters, { maxLength: 2 }),
    declared: fc.array(fc.constantFrom(...MODES), { maxLength: 4 }),
  },
  { requiredKeys: ["mode", "at", "time"], noNullPrototype: true },
);
const intentTexts = fc.oneof({ weight: 4, arbitrary: intents.map(formatIntent) }, fc.string());
const modes = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...MODES) }, fc.constantFrom("", "Source", "x~/y"));
const selectorTexts = fc.constantFrom('{"app":"web"}', '{"x~1/y":"z"}', "{}", "{", '{"constructor":"a"}');
const lastApplied = modes.map((mode) => JSON.stringify({ metadata: { annotations: { [MODE]: mode } } }));

/** Keys that are legal and dangerous to careless code, and others that need escaping in a JSON pointer. */
const oddKeys = fc.constantFrom("constructor", "toString", "valueOf", "hasOwnProperty", "a~b/c~1", "~0/~1", "plain");

/** A random subset of `values` (key → arbitrary) and of odd keys; undefined sometimes, as API servers leave empty maps out. */
function maps(values: Record<string, fc.Arbitrary<string>>): fc.Arbitrary<Record<string, string> | undefined> {
  const ours = fc.record(values, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<Record<string, string>>;
  const odd = fc.dictionary(oddKeys, fc.string(), { maxKeys: 3, noNullPrototype: true });
  return fc.option(
    fc.tuple(ours, odd).map(([a, b]) => ({ ...b, ...a })),
    { nil: undefined, freq: 6 },
  );
}

const annotations = maps({
  [MODE]: modes,
  [INTENT]: intentTexts,
  [SELECTOR]: selectorTexts,
  [ORIGIN_SELECTOR]: selectorTexts,
  [SUCCESSOR]: fc.oneof(clusters, fc.constantFrom("", "no where")),
  [ADOPT]: fc.constantFrom("b", "b,c", ","),
  [LAST_APPLIED]: lastApplied,
});
const labels = maps({ [REPLICA_OF]: clusters, [SHADOW_OF]: fc.constant("other") });
const selectors = fc.option(fc.dictionary(oddKeys, fc.string(), { maxKeys: 3, noNullPrototype: true }), {
  nil: undefined,
});
const managedFields = fc.option(
  fc.constantFrom<ManagedFieldsEntry[]>(
    [{ operation: "Apply", fieldsV1: { "f:metadata": { "f:annotations": { [`f:${MODE}`]: {} } } } }],
    [{ operation: "Update", fieldsV1: {} }],
  ),
  { nil: undefined },
);

/** Services as the API server could send them, whatever their annotations say. */
export const services: fc.Arbitrary<Service> = fc
  .record({
    annotations,
    labels,
    managedFields,
    selector: selectors,
    clusterIP: fc.constantFrom(undefined, "None", "10.0.0.1"),
    type: fc.constantFrom(undefined, "ClusterIP", "LoadBalancer", "ExternalName"),
    policy: fc.constantFrom(undefined, "Local", "Cluster"),
  })
  .map(({ selector, clusterIP, type, policy, ...metadata }) =>
    // Through JSON, as over the wire: what is undefined is absent.
    JSON.parse(
      JSON.stringify({
        metadata: { name: "web", namespace: "shop", ...metadata },
        spec: { selector, clusterIP, type, externalTrafficPolicy: policy, ports: [{ name: "http", port: 80 }] },
      }),
    ),
  );

const advices: fc.Arbitrary<Advice | "unavailable"> = fc.oneof(
  fc.constant("unavailable" as const),
  fc.option(intents, { nil: undefined }).map((latest) => ({ ...adviceOf(peer("b")), ...(latest ? { latest } : {}) })),
);

/** CREATEs and UPDATEs by a person, half of the latter close to the stored object. */
export const situations: fc.Arbitrary<Situation> = fc
  .record({
    object: services,
    oldObject: fc.option(services, { nil: undefined }),
    edit: fc.option(modes, { nil: undefined }),
    advice: advices,
    unionSelector: fc.constantFrom("strip", "keep"),
    fieldManager: fc.constantFrom("kubectl-annotate", "kubectl-client-side-apply", "other"),
  })
  .map(({ object, oldObject, edit, advice, unionSelector, fieldManager }) => ({
    request: {
      operation: oldObject ? "UPDATE" : "CREATE",
      user: "jane",
      namespace: "shop",
      name: "web",
      fieldManager,
      object: oldObject && edit !== undefined ? withMode(oldObject, edit) : object,
      ...(oldObject ? { oldObject } : {}),
    },
    settings: { ...SETTINGS, unionSelector },
    advice,
    now: NOW,
  }));

function withMode(service: Service, mode: string): Service {
  const copy = structuredClone(service);
  copy.metadata.annotations = { ...copy.metadata.annotations, [MODE]: mode };
  return copy;
}
