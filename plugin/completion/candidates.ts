/** What the shell offers after the words typed so far. Pure but for the contexts, which are asked for only when wanted. */
import type { Flag } from "../flags/flag.ts";
import { GLOBAL_FLAGS } from "../flags/global.ts";
import { VERBS } from "../flags/verbs.ts";

/** Lines `value<TAB>description` that begin with the last word, which may be empty. */
export function listCandidates(words: readonly string[], contexts: () => readonly string[]): string[] {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const verb = findVerb(before);
  if (!verb) return offerVerbs("", typed);
  const [last] = before.slice(-1);
  if (last !== undefined && last === verb.name && typed !== "" && !typed.startsWith("-"))
    return offerVerbs(`${verb.name} `, typed);
  const flags = [...verb.flags, ...GLOBAL_FLAGS];
  const [, inline, begun] = /^--([a-z-]+)=(.*)$/.exec(typed) ?? [];
  if (inline !== undefined) {
    const flag = flags.find(({ name }) => name === inline);
    return flag ? offerValues(flag, begun ?? "", contexts).map((value) => `--${inline}=${value}`) : [];
  }
  const open = openFlag(before.at(-1), flags);
  if (open) return offerValues(open, typed, contexts);
  if (typed !== "" && !typed.startsWith("-")) return [];
  return flags
    .filter(({ name }) => `--${name}`.startsWith(typed) && (typed !== "" || name === "from" || name === "to"))
    .filter(({ name }) => !before.some((word) => word === `--${name}` || word.startsWith(`--${name}=`)))
    .map(({ name, describe }) => `--${name}\t${describe}`);
}

/** The command typed: of two words if they stand together. */
function findVerb(words: readonly string[]) {
  const at = words.findIndex((word) => VERBS.some(({ name }) => name === word));
  const [first, second] = words.slice(at);
  return VERBS.find(({ name }) => name === `${first} ${second}`) ?? VERBS.find(({ name }) => name === first);
}

/** Commands, or those below one: one word of each. */
function offerVerbs(above: string, typed: string): string[] {
  return VERBS.filter(({ name }) => name.startsWith(above + typed) && !name.slice(above.length).includes(" ")).map(
    ({ name, describe }) => `${name.slice(above.length)}\t${describe}`,
  );
}

/** The flag whose value the last complete word asks for. */
function openFlag(word: string | undefined, flags: readonly Flag[]): Flag | undefined {
  const flag = flags.find(({ name, short }) => word === `--${name}` || (short !== undefined && word === `-${short}`));
  // Booleans take no value, and that of --dry-run never stands apart.
  return flag && flag.type !== "boolean" && flag.name !== "dry-run" ? flag : undefined;
}

function offerValues(flag: Flag, begun: string, contexts: () => readonly string[]): string[] {
  if (flag.value !== "context") return (flag.choices ?? []).filter((choice) => choice.startsWith(begun));
  const comma = flag.name === "contexts" ? begun.lastIndexOf(",") + 1 : 0;
  const chosen = begun.slice(0, comma);
  return contexts()
    .filter((context) => context.startsWith(begun.slice(comma)) && !chosen.split(",").includes(context))
    .map((context) => chosen + context);
}
