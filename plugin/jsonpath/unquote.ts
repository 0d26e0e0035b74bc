/** Quoted strings as Go reads them (`strconv.UnquoteChar`), in either kind of quotes. Pure. */

const SIMPLE: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};

const ESCAPE = /\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3}|[\s\S]?)|["']/g;

/** The text between the quotes with its escapes resolved; undefined if Go would refuse it. */
export function unquote(quoted: string): string | undefined {
  const quote = quoted[0];
  let valid = true;
  const text = quoted.slice(1, -1).replace(ESCAPE, (found) => {
    const resolved = found.startsWith("\\") ? resolve(found.slice(1), quote) : found === quote ? undefined : found;
    valid &&= resolved !== undefined;
    return resolved ?? "";
  });
  return valid ? text : undefined;
}

function resolve(escaped: string, quote: string | undefined): string | undefined {
  const simple = SIMPLE[escaped];
  if (simple !== undefined) return simple;
  if (escaped === "'" || escaped === '"') return escaped === quote ? escaped : undefined;
  const [, hex] = /^[xuU]([\da-fA-F]+)$/.exec(escaped) ?? [];
  const point =
    hex !== undefined ? Number.parseInt(hex, 16) : /^[0-7]{3}$/.test(escaped) ? Number.parseInt(escaped, 8) : -1;
  return point < 0 || point > 0x10ffff ? undefined : String.fromCodePoint(point);
}
