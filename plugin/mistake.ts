/** What is wrong with a command line, in kubectl's words instead of yargs'. Pure. */
import { nearestWord } from "../shared/nearest-word.ts";

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
  const [, given, needed] = /^Not enough non-option arguments: got (\d+), need at least (\d+)$/.exec(text) ?? [];
  if (given !== undefined) return `too few words: ${verb ?? "it"} takes ${needed}, ${given} given`;
  const [, name = "", value = "", choices] =
    /^Invalid values: Argument: (\S+), Given: "(.*)", Choices: (.+)$/.exec(text) ?? [];
  if (choices !== undefined) return describeChoice(name, value, choices.replaceAll('"', "").split(", "), words);
  const [, unknown] = /^Unknown arguments?: (.+)$/.exec(text) ?? [];
  if (unknown === undefined) return text;
  const names = unknown.split(", ");
  const flags = names.filter((name) => words.some((word) => word.split("=")[0] === asFlag(name)));
  if (flags.length > 0) return `unknown flag: ${[...new Set(flags)].map(asFlag).join(", ")}`;
  if (verb !== undefined) return `${names.map((name) => `"${name}"`).join(", ")}: one word too many`;
  const [first = ""] = names;
  const meant = meantVerb(
    first,
    verbs.filter((one) => !one.includes(" ")),
  );
  return `unknown command "${first}"${meant === undefined ? "" : `; did you mean "${meant}"?`}`;
}

function describeChoice(name: string, value: string, choices: readonly string[], words: readonly string[]): string {
  const isFlag = words.some((word) => word.split("=")[0] === asFlag(name));
  const meant = nearestWord(value, choices, 2);
  const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
  return `${isFlag ? asFlag(name) : name} "${value}" is none of ${choices.join(", ")}${hint}`;
}

function asFlag(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

/** The command whose beginning was typed, else the nearest; of two letters nothing can be told by two edits. */
function meantVerb(typed: string, verbs: readonly string[]): string | undefined {
  const begun = typed.length > 1 ? verbs.find((verb) => verb.startsWith(typed)) : undefined;
  return begun ?? nearestWord(typed, verbs, typed.length > 2 ? 2 : 1);
}
