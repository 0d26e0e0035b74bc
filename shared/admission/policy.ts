/**
 * The rules that one object alone decides, as a ValidatingAdmissionPolicy: API servers of 1.30 and later evaluate it
 * themselves, so they hold while no webhook answers. Made from the transition table; manifests/components/admission-policy
 * is its text, and a test keeps the two equal.
 */
import { MODE, SYNC_USER, SYSTEM_NAMESPACE } from "../keys.ts";
import { MODES, type ModeOrAbsent } from "../mode.ts";
import { describeRefusal, judgeTransition, TABLE_ORDER } from "../transitions.ts";

/** A named CEL expression. */
interface Expression {
  name: string;
  expression: string;
}

interface Validation {
  expression: string;
  message: string;
}

/** What of the policy decides: all `matchConditions` true and one validation false refuses the request. */
export interface PolicySpec {
  matchConditions: Expression[];
  /** Each may use those before it as `variables.NAME`. */
  variables: Expression[];
  validations: Validation[];
}

const LABELS = { "app.kubernetes.io/name": "syndicate" };
const WORDS = `[${MODES.map(quote).join(", ")}]`;

/** An object of the API, as far as it is the same for both. */
interface PolicyObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels: Readonly<Record<string, string>> };
  spec: object;
}

/** The policy and its binding, as objects of the API. */
export function renderPolicy(): PolicyObject[] {
  const metadata = { name: "syndicate", labels: LABELS };
  const apiVersion = "admissionregistration.k8s.io/v1";
  const resourceRules = [
    {
      apiGroups: [""],
      apiVersions: ["v1"],
      operations: ["CREATE", "UPDATE"],
      resources: ["services", "services/status"],
    },
  ];
  const excluded = { key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["kube-system", SYSTEM_NAMESPACE] };
  const matchConstraints = { namespaceSelector: { matchExpressions: [excluded] }, resourceRules };
  const spec = { failurePolicy: "Fail", matchConstraints, ...renderSpec() };
  const binding = { policyName: metadata.name, validationActions: ["Deny"] };
  return [
    { apiVersion, kind: "ValidatingAdmissionPolicy", metadata, spec },
    { apiVersion, kind: "ValidatingAdmissionPolicyBinding", metadata, spec: binding },
  ];
}

function renderSpec(): PolicySpec {
  return {
    matchConditions: [{ name: "not-by-sync", expression: `request.userInfo.username != ${quote(SYNC_USER)}` }],
    variables: [
      { name: "had", expression: `oldObject != null && ${carries("oldObject")}` },
      { name: "has", expression: carries("object") },
      { name: "old", expression: `variables.had ? ${modeIn("oldObject")} : ''` },
      { name: "new", expression: `variables.has ? ${modeIn("object")} : ''` },
      { name: "changes", expression: "variables.had != variables.has || variables.old != variables.new" },
      { name: "from", expression: `variables.old in ${WORDS} ? variables.old : 'absent'` },
      { name: "to", expression: `variables.new in ${WORDS} ? variables.new : 'absent'` },
    ],
    validations: [checkWord(), ...checkTransitions(), checkProtected(), checkType()],
  };
}

function checkWord(): Validation {
  const expression = `!variables.changes || !variables.has || variables.new in ${WORDS}`;
  return { expression, message: `${MODE} must be one of ${MODES.join(", ")}, or absent` };
}

/** One for each change the table forbids, so that each has its own message. */
function checkTransitions(): Validation[] {
  const pairs = TABLE_ORDER.flatMap((from) => TABLE_ORDER.map((to) => [from, to] as const));
  return pairs.flatMap(([from, to]) => {
    const verdict = judgeTransition(from, to);
    if (verdict.legal) return [];
    return [{ expression: `!(${isStep(from, to)})`, message: describeRefusal(from, to, verdict) }];
  });
}

/** A word that is no mode has its own validation and is not also a removal. */
function isStep(from: ModeOrAbsent, to: ModeOrAbsent): string {
  const after = to === "absent" ? "!variables.has" : `variables.to == ${quote(to)}`;
  return `variables.from == ${quote(from)} && ${after}`;
}

function checkProtected(): Validation {
  const same = "object.metadata.namespace == 'default' && object.metadata.name == 'kubernetes'";
  const expression = `!(variables.changes && variables.to != 'absent' && ${same})`;
  return { expression, message: "the kubernetes Service is each cluster's own and is never syndicated" };
}

function checkType(): Validation {
  const isExternal = (object: string) => `has(${object}.spec.type) && ${object}.spec.type == 'ExternalName'`;
  const was = `oldObject != null && ${isExternal("oldObject")}`;
  const expression = `!(variables.to != 'absent' && ${isExternal("object")} && (variables.changes || !(${was})))`;
  return { expression, message: "an ExternalName Service has no endpoints and cannot be syndicated" };
}

function carries(object: string): string {
  return `has(${object}.metadata.annotations) && ${quote(MODE)} in ${object}.metadata.annotations`;
}

function modeIn(object: string): string {
  return `${object}.metadata.annotations[${quote(MODE)}]`;
}

/** Our words need no escaping. */
function quote(word: string): string {
  return `'${word}'`;
}
