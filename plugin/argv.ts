/** Spellings kubectl accepts and yargs does not, brought into the form yargs reads. */

import type { Verb } from "./flags/flag.ts";
import { GLOBAL_FLAGS } from "./flags/global.ts";

/** Short flags that take a value. */
const VALUE_SHORTS = "noslvf";
/** Long flags whose value may look like a flag, such as `--timeout -1s`. */
const SIGNED = /^--(timeout|settle|hold|request-timeout|min-ready)$/;

/** `argv` with `-owide` split, `--timeout -1s` joined, a bare `--dry-run` completed and `help X` turned round. */
export function normaliseArgv(argv: readonly string[]): string[] {
  const end = argv.indexOf("--");
  const flags = end < 0 ? argv : argv.slice(0, end);
  const rest = end < 0 ? [] : argv.slice(end);
  const result: string[] = [];
  for (let i = 0; i < flags.length; i++) {
    const word = flags[i] ?? "";
    const next = flags[i + 1];
    if (SIGNED.test(word) && next !== undefined && /^-\d/.test(next)) {
      result.push(`${word}=${next}`);
      i += 1;
    } else result.push(...normaliseWord(word));
  }
  return [...turnHelp(result), ...rest];
}

function normaliseWord(word: string): string[] {
  // As in kubectl, the value of --dry-run is optional and therefore never the next word.
  if (word === "--dry-run") return ["--dry-run=client"];
  const short = new RegExp(`^-([${VALUE_SHORTS}])=?(.+)$`, "s").exec(word);
  return short?.[1] && short[2] ? [`-${short[1]}`, short[2]] : [word];
}

/** `help migrate` is `migrate --help`, `help` alone is `--help`. */
function turnHelp(words: readonly string[]): string[] {
  return words[0] === "help" ? [...words.slice(1), "--help"] : [...words];
}

/**
 * The words of a command of two words made one: `migrate -n shop resume web` is `migrate-resume -n shop web`. Without a word
 * after it, `resume` is the name of a Service.
 */
export function joinVerb(words: readonly string[], verbs: readonly Pick<Verb, "name" | "flags">[]): string[] {
  const places = findPlainWords(words, verbs);
  const [first = -1, second = -1, third] = places;
  const name = `${words[first]} ${words[second]}`;
  const wantsHelp = words.includes("--help") || words.includes("-h");
  if (!verbs.some((verb) => verb.name === name) || (third === undefined && !wantsHelp)) return [...words];
  return words.flatMap((word, i) => (i === first ? name.replaceAll(" ", "-") : i === second ? [] : word));
}

/** Where words stand that are neither flags nor values of flags. */
function findPlainWords(words: readonly string[], verbs: readonly Pick<Verb, "flags">[]): number[] {
  const flags = verbs.flatMap((verb) => verb.flags).concat(GLOBAL_FLAGS);
  const takesValue = (word: string | undefined) =>
    flags.some(({ name, short, type }) => type === "string" && (word === `--${name}` || word === `-${short}`));
  const end = words.indexOf("--");
  return words.flatMap((word, i) => {
    const plain = !word.startsWith("-") && !takesValue(words[i - 1]);
    return (end < 0 || i < end) && plain ? [i] : [];
  });
}
