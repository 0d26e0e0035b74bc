/** Evaluates CEL as an API server does, with an independent implementation. */
import { evaluate } from "@marcbachmann/cel-js";

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
