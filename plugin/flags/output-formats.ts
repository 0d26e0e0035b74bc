/** What `-o` takes, by kubectl's names. */

export const PLAIN_FORMATS = ["wide", "json", "yaml", "name"] as const;
export const TEMPLATE_FORMATS = [
  "jsonpath",
  "jsonpath-as-json",
  "jsonpath-file",
  "custom-columns",
  "custom-columns-file",
] as const;

/** For completion: those with a template end in `=`. */
export const OUTPUT_FORMATS: readonly string[] = [...PLAIN_FORMATS, ...TEMPLATE_FORMATS.map((name) => `${name}=`)];
