/** Evaluates CEL as an API server does, with an independent implementation; and what our conditions are asked about. */
import { evaluate } from "@marcbachmann/cel-js";
import { MODE, REPLICA_OF, SHADOW_OF } from "../shared/keys.ts";

interface Expression {
  name: string;
  expression: string;
}

/** The variables of an API server's admission expressions; `oldObject` is null on CREATE, `object` on DELETE. */
export interface AdmissionVariables {
  object: object | null;
  oldObject: object | null;
  request?: object;
}

/** The value of `expression`. Throws where an API server would report an error. */
export function evaluateCel(expression: string, variables: Readonly<Record<string, unknown>>): unknown {
  return evaluate(expression, { ...variables });
}

/** The values of variables each of which may use those before it as `variables.NAME`. */
export function evaluateVariables(list: readonly Expression[], given: AdmissionVariables): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { name, expression } of list) values[name] = evaluateCel(expression, { ...given, variables: values });
  return values;
}

/** Metadata a Service may carry, and whether something of it is ours. */
export interface KeyRow {
  name: string;
  /** Null: there is no Service. */
  metadata: object | null;
  ours: boolean;
}

/** What a request may find before and leave after it. */
export const KEY_ROWS: readonly KeyRow[] = [
  { name: "nothing", metadata: null, ours: false },
  { name: "no annotations", metadata: {}, ours: false },
  { name: "empty maps", metadata: { annotations: {}, labels: {} }, ours: false },
  { name: "keys of others", metadata: { annotations: { "vmware.com/other": "x" }, labels: { app: "x" } }, ours: false },
  { name: "our annotation", metadata: { annotations: { a: "b", [MODE]: "" } }, ours: true },
  { name: "our label", metadata: { labels: { [REPLICA_OF]: "b" } }, ours: true },
  { name: "both", metadata: { annotations: { [MODE]: "source" }, labels: { [SHADOW_OF]: "b" } }, ours: true },
];
