/** What is wrong with a command line, in kubectl's words instead of yargs'. Pure. */

/**
 * The message for people. `message` is yargs', `words` are what was typed, `verbs` all commands; `verb` is the one typed,
 * undefined if there is none of that name.
 */
export function describeMistake(
  message: string,
  words: readonly string[],
  verbs: readonly string[],
  verb: string | undefined,
): string {
  const text = message.replace(/\s*\n\s*/g, " ");
  const [, open] = /^Not enough arguments following: (\S+)$/.exec(text) ?? [];
  if (open !== undefined) return `flag needs an argument: ${asFlag(open)}`;
  const [, unknown] = /^Unknown arguments?: (.+)$/.exec(text) ?? [];
  if (unknown === undefined) return text;
  const names = unknown.split(", ");
  const flags = names.filter((name) => words.some((word) => word.split("=")[0] === asFlag(name)));
  if (flags.length > 0) return `unknown flag: ${[...new Set(flags)].map(asFlag).join(", ")}`;
  if (verb !== undefined) return `${names.map((name) => `"${name}"`).join(", ")}: one word too many`;
  const [first = ""] = names;
  const meant = verbs.find((one) => !one.includes(" ") && isNear(first, one));
  return `unknown command "${first}"${meant === undefined ? "" : `; did you mean "${meant}"?`}`;
}

function asFlag(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

/** One letter wrong, missing, too many, or two of them the wrong way round; or the beginning of it. */
function isNear(typed: string, word: string): boolean {
  if (typed.length > 1 && word.startsWith(typed)) return true;
  const same = [...typed].findIndex((letter, i) => letter !== word[i]);
  const at = same < 0 ? typed.length : same;
  const [a, b] = [typed.slice(at), word.slice(at)];
  const swapped = a.slice(0, 2) === [...b.slice(0, 2)].reverse().join("") && a.slice(2) === b.slice(2);
  return swapped || a.slice(1) === b.slice(1) || a.slice(1) === b || a === b.slice(1);
}
