/** A reason to refuse a request, and its words. */

export interface Violation {
  /** Path of the field at fault, such as `metadata.annotations[vmware.com/syndicate-mode]`. */
  field: string;
  /** The value found there; undefined if the field is absent. */
  value: unknown;
  /** What is wrong and what would be accepted. One sentence without a full stop. */
  problem: string;
  /** The command (or act) that comes next. */
  next: string;
}

/** Longest warning; the API server may cut those above 256 characters (admission API: "limit to 120 if possible"). */
const MAX_WARNING = 120;
/** Longest echo of a value: annotations may hold 256 KiB. */
const MAX_VALUE = 80;

/** Field path of an annotation. */
export function annotationPath(key: string): string {
  return `metadata.annotations[${key}]`;
}

/** One violation as one line. */
export function renderViolation({ field, value, problem, next }: Violation): string {
  return `${field}: ${renderValue(value)}: ${problem}. Next: ${next}`;
}

/** All violations as the message of a refusal: one line each, counted if there are several. */
export function renderViolations(violations: readonly Violation[]): string {
  const lines = violations.map(renderViolation);
  const [only] = lines;
  return only !== undefined && lines.length === 1 ? only : `${lines.length} problems:\n- ${lines.join("\n- ")}`;
}

/** A warning within the length every API server passes on whole. */
export function fitWarning(text: string): string {
  return text.length <= MAX_WARNING ? text : `${text.slice(0, MAX_WARNING - 1)}…`;
}

function renderValue(value: unknown): string {
  if (value === undefined) return "absent";
  const text = typeof value === "string" ? value : String(JSON.stringify(value));
  const short = text.length <= MAX_VALUE ? text : `${text.slice(0, MAX_VALUE)}…`;
  return `Invalid value: ${typeof value === "string" ? JSON.stringify(short) : short}`;
}
