/** Syntax of label keys and values (Kubernetes: "Labels and Selectors", syntax and character set). */

const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** True for `name` or `prefix/name`: name at most 63 characters, prefix a DNS subdomain of at most 253. */
export function isLabelKey(key: string): boolean {
  const slash = key.indexOf("/");
  if (slash < 0) return NAME.test(key);
  const prefix = key.slice(0, slash);
  return prefix.length <= 253 && SUBDOMAIN.test(prefix) && NAME.test(key.slice(slash + 1));
}

/** True for what a label may hold: nothing, or at most 63 characters. Names of clusters are label values too. */
export function isLabelValue(value: string): boolean {
  return value === "" || NAME.test(value);
}
