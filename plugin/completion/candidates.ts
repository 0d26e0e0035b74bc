/** What the shell offers after the words typed so far. Pure but for the contexts, which are asked for only when wanted. */
import type { Flag, Verb, Word } from "../flags/flag.ts";
import { GLOBAL_FLAGS } from "../flags/global.ts";
import { VERBS } from "../flags/verbs.ts";

/** Names of the contexts, asked for only when they are wanted: reading them takes the YAML parser. */
export type Contexts = () => Promise<readonly string[]>;

/** Lines `value<TAB>description` that begin with the last word, which may be empty. */
export async function listCandidates(words: readonly string[], contexts: Contexts): Promise<string[]> {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const verb = findVerb(before);
  if (!verb) return offerVerbs("", typed);
  const below = before.at(-1) === verb.name && typed !== "" ? offerVerbs(`${verb.name} `, typed) : [];
  if (below.length > 0) return below;
  const flags = [...verb.flags, ...GLOBAL_FLAGS];
  const [, inline, begun] = /^--([a-z-]+)=(.*)$/.exec(typed) ?? [];
  if (inline !== undefined) {
    const flag = flags.find(({ name }) => name === inline);
    return flag ? (await offerValues(flag, begun ?? "", contexts)).map((value) => `--${inline}=${value}`) : [];
  }
  const open = openFlag(before.at(-1), flags);
  if (open) return offerValues(open, typed, contexts);
  if (!typed.startsWith("-")) {
    const choices = (await offerWords(nextWord(verb, before, flags), contexts)).filter((one) => one.startsWith(typed));
    if (typed !== "" || choices.length > 0) return choices;
  }
  return flags
    .filter(({ name }) => `--${name}`.startsWith(typed) && (typed !== "" || name === "from" || name === "to"))
    .filter(({ name }) => !before.some((word) => word === `--${name}` || word.startsWith(`--${name}=`)))
    .map(({ name, describe }) => `--${name}\t${describe}`);
}

/** The command typed: of two words if they stand together. */
function findVerb(words: readonly string[]) {
  const names = new Set(VERBS.map(({ name }) => name));
  const [first, second] = words.slice(words.findIndex((word) => names.has(word)));
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

/** The positional word whose turn it is; undefined for a Service, and behind the last one. */
function nextWord(verb: Verb, before: readonly string[], flags: readonly Flag[]): Word | undefined {
  const behind = before.slice(before.indexOf(verb.name) + 1);
  const typed = behind.filter((word, i) => !word.startsWith("-") && !openFlag(behind[i - 1], flags));
  const names = [...verb.positional.matchAll(/[<[](\w+)/g)].map(([, name]) => name ?? "");
  return verb.words?.[names[typed.length] ?? ""];
}

async function offerWords(word: Word | undefined, contexts: Contexts): Promise<readonly string[]> {
  return word?.value === "context" ? contexts() : (word?.choices ?? []);
}

async function offerValues(flag: Flag, begun: string, contexts: Contexts): Promise<string[]> {
  if (flag.value !== "context") return (flag.choices ?? flag.values ?? []).filter((choice) => choice.startsWith(begun));
  const comma = flag.name === "contexts" ? begun.lastIndexOf(",") + 1 : 0;
  const chosen = begun.slice(0, comma);
  return (await contexts())
    .filter((context) => context.startsWith(begun.slice(comma)) && !chosen.split(",").includes(context))
    .map((context) => chosen + context);
}
