/** Values as Go prints and compares them, which is what kubectl's users see. Pure. */

/** A number written with a dot in a template: Go does not compare it with a whole number. */
export class GoFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

export class ComparisonError extends Error {
  override readonly name = "ComparisonError";
}

/** As `fmt.Sprint`: `map[a:1 b:[x y]]`, `<nil>`. */
export function formatGo(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (value instanceof GoFloat) return formatNumber(value.value);
  if (typeof value === "number") return formatNumber(value);
  if (Array.isArray(value)) return `[${value.map(formatGo).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  return `map[${sortedEntries(value)
    .map(([key, inner]) => `${key}:${formatGo(inner)}`)
    .join(" ")}]`;
}

/** As `%v` of a float64: an exponent below 1e-4 and from 1e21 on, of two digits at least. */
function formatNumber(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-4) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  return String(value);
}

/** As `json.Marshal`: keys sorted, and what HTML would read escaped. `indent` spaces, none by default. */
export function marshalGo(value: unknown, indent = 0): string {
  const text = JSON.stringify(toJson(value), undefined, indent);
  const escapes: Readonly<Record<string, string>> = { "<": "\\u003c", ">": "\\u003e", "&": "\\u0026" };
  return text.replace(/[<>&\u2028\u2029]/g, (found) => escapes[found] ?? `\\u${found.charCodeAt(0).toString(16)}`);
}

function toJson(value: unknown): unknown {
  if (value instanceof GoFloat) return value.value;
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(sortedEntries(value).map(([key, inner]) => [key, toJson(inner)]));
}

function sortedEntries(value: object): [string, unknown][] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

type Operator = (order: number) => boolean;

const OPERATORS: Readonly<Record<string, Operator>> = {
  "==": (order) => order === 0,
  "!=": (order) => order !== 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

/** `left operator right`. Throws `ComparisonError` where Go's templates refuse. */
export function compareGo(left: unknown, operator: string, right: unknown): boolean {
  const apply = OPERATORS[operator];
  if (!apply) throw new ComparisonError(`unrecognized filter operator ${operator}`);
  const [a, b] = [basicKind(left), basicKind(right)];
  if (a !== b) throw new ComparisonError("incompatible types for comparison");
  if (a === "bool" && !/^[!=]=$/.test(operator)) throw new ComparisonError("invalid type for comparison");
  const [x, y] = [left, right].map((value) => (value instanceof GoFloat ? value.value : value)) as [string, string];
  return apply(x < y ? -1 : x > y ? 1 : 0);
}

function basicKind(value: unknown): string {
  if (value instanceof GoFloat) return "float";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  throw new ComparisonError("invalid type for comparison");
}
