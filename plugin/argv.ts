/** Spellings kubectl accepts and yargs does not, brought into the form yargs reads. */

/** Short flags that take a value. */
const VALUE_SHORTS = "noslv";
/** Long flags whose value may look like a flag, such as `--timeout -1s`. */
const SIGNED = /^--(timeout|settle|request-timeout|min-ready)$/;

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
