/** What servers warn of in their answers. */

/** Calls back for each text of the header. Kubernetes sends `299 - "text"` (RFC 7234 5.5), several in one header or in several. */
export function reportWarnings(
  header: string | string[] | undefined,
  onWarning: ((text: string) => void) | undefined,
): void {
  if (header === undefined || onWarning === undefined) return;
  for (const [, quoted = ""] of [header]
    .flat()
    .join(", ")
    .matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)) {
    onWarning(quoted.replace(/\\(.)/g, "$1"));
  }
}
