/**
 * Every transition a Service can be asked to make: kind of Service × old mode × new mode × operation. Which of them pass
 * is read off the one table and a line per kind.
 */
import type { Advice } from "../../../shared/advice.ts";
import { formatIntent, type IntentCopy } from "../../../shared/intent.ts";
import { INTENT, MODE, REPLICA_OF, SELECTOR, SHADOW_OF } from "../../../shared/keys.ts";
import type { Service } from "../../../shared/kube/objects.ts";
import { type Mode, type ModeOrAbsent, parseMode } from "../../../shared/mode.ts";
import { judgeTransition, TABLE_ORDER } from "../../../shared/transitions.ts";
import { adviceOf, peer } from "./situations.ts";

/** Two words that are no modes: one like none, one like "source". */
export const WORDS = ["primary", "Source"] as const;

/** Every value of the mode annotation that counts, `absent` included. */
export const VALUES: readonly string[] = [...TABLE_ORDER, ...WORDS];

const MODE_FIELD = `metadata.annotations[${MODE}]`;

interface Kind {
  spec: Service["spec"];
  labels?: Record<string, string>;
  /** Default shop/web. */
  key?: { namespace: string; name: string };
  /** Fields at fault when a Service of this kind takes on `mode`; none: every mode suits it. */
  faults?: (mode: Mode) => string[];
  /** Marks a user cannot set: such a Service cannot be created by one, its labels are dropped. */
  ours?: true;
}

const stripping = (mode: Mode) => mode === "receiver" || mode === "union";

/** The kinds of Services, and what each refuses beyond the table. */
export const KINDS: Readonly<Record<string, Kind>> = {
  plain: { spec: {} },
  headless: { spec: { clusterIP: "None" } },
  loadBalancer: { spec: { type: "LoadBalancer" } },
  localPolicy: {
    spec: { type: "LoadBalancer", externalTrafficPolicy: "Local" },
    faults: (mode) => (stripping(mode) ? ["spec.externalTrafficPolicy"] : []),
  },
  externalName: { spec: { type: "ExternalName", externalName: "web.example" }, faults: () => ["spec.type"] },
  kubernetes: { spec: {}, key: { namespace: "default", name: "kubernetes" }, faults: () => [MODE_FIELD] },
  replica: { spec: {}, labels: { [REPLICA_OF]: "b" }, ours: true },
  shadow: { spec: { clusterIP: "None" }, labels: { [SHADOW_OF]: "other" }, ours: true },
};

export interface MatrixRow {
  kind: string;
  operation: "CREATE" | "UPDATE" | "DELETE";
  /** Mode before; `absent` for CREATE. */
  from: string;
  /** Mode after; the same as `from` for DELETE. */
  to: string;
  key: { namespace: string; name: string };
  object?: Service;
  oldObject?: Service;
  advice: Advice;
  /** Fields of all violations, sorted; empty: it passes. */
  faults: string[];
}

/** All rows of the matrix. */
export function listRows(): MatrixRow[] {
  return Object.entries(KINDS).flatMap(([kind, shape]) => [
    ...VALUES.map((to) => makeRow(kind, shape, "CREATE", "absent", to)),
    ...VALUES.flatMap((from) => VALUES.map((to) => makeRow(kind, shape, "UPDATE", from, to))),
    ...VALUES.map((from) => makeRow(kind, shape, "DELETE", from, from)),
  ]);
}

function makeRow(kind: string, shape: Kind, operation: MatrixRow["operation"], from: string, to: string): MatrixRow {
  const oldObject = operation === "CREATE" ? undefined : atRest(shape, from);
  const object = operation === "DELETE" ? undefined : withMode(oldObject ?? bare(shape), to);
  const own = kind === "replica" ? ("own" as const) : ("replica" as const);
  return {
    kind,
    operation,
    from,
    to,
    key: shape.key ?? { namespace: "shop", name: "web" },
    ...(object ? { object } : {}),
    ...(oldObject ? { oldObject } : {}),
    advice: { ...adviceOf(peer("b", { service: own })) },
    faults: expectFaults(kind, shape, operation, from, to),
  };
}

/** What the rules of the README say, from the table and the line of the kind. */
function expectFaults(kind: string, shape: Kind, operation: string, from: string, to: string): string[] {
  if (operation === "DELETE" || (operation === "UPDATE" && from === to)) return [];
  if (operation === "UPDATE" && kind === "shadow") return ["metadata.annotations"];
  if (to !== "absent" && !parseMode(to)) return [MODE_FIELD];
  const before: ModeOrAbsent = parseMode(from) ?? "absent";
  const after = to as ModeOrAbsent;
  const faults = judgeTransition(before, after).legal ? [] : [MODE_FIELD];
  if (after === "absent") return faults;
  // Whoever creates a Service with our labels creates one without: here, a Service of their own without selector.
  const orphan = kind === "replica" && operation === "CREATE" && stripping(after);
  return [...faults, ...(shape.faults?.(after) ?? []), ...(orphan ? ["spec.selector"] : [])].sort();
}

function bare({ spec, labels, key }: Kind): Service {
  const replica = labels !== undefined && Object.hasOwn(labels, REPLICA_OF);
  return {
    metadata: { ...(key ?? { name: "web", namespace: "shop" }), ...(labels ? { labels } : {}) },
    spec: {
      ports: [{ name: "http", port: 80, protocol: "TCP" }],
      ...(replica ? {} : { selector: { app: "web" } }),
      ...spec,
    },
  };
}

const INTENTS: Readonly<Record<Mode, IntentCopy>> = {
  source: { mode: "source", at: "a", time: 5 },
  receiver: { mode: "source", at: "b", from: "a", time: 5 },
  union: { mode: "union", at: "a", time: 5 },
  singular: { mode: "singular", at: "a", time: 5 },
};

/** The Service as the protocol leaves it in cluster `a` in that mode; a word that is no mode was written without us. */
function atRest(shape: Kind, value: string): Service {
  const service = withMode(bare(shape), value);
  const mode = parseMode(value);
  if (!mode) return service;
  const annotations: Record<string, string> = {
    ...service.metadata.annotations,
    [INTENT]: formatIntent(INTENTS[mode]),
  };
  const { selector, ...spec } = service.spec;
  const keeps = !stripping(mode) || (mode === "union" && spec.clusterIP === "None") || !selector;
  if (!keeps) annotations[SELECTOR] = '{"app":"web"}';
  return { metadata: { ...service.metadata, annotations }, spec: keeps ? service.spec : spec };
}

function withMode(service: Service, value: string): Service {
  const { [MODE]: _mode, ...others } = service.metadata.annotations ?? {};
  const annotations = value === "absent" ? others : { ...others, [MODE]: value };
  return { ...service, metadata: { ...service.metadata, annotations } };
}
