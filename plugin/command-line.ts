/** From words to a verb with its flags. What yargs would do by itself (print, exit, translate) is switched off. */
import yargs, { type Argv, type Options } from "yargs";
import { VERSION } from "../shared/version.ts";
import { joinVerb, normaliseArgv } from "./argv.ts";
import type { Flag, Verb } from "./flags/flag.ts";
import { GLOBAL_FLAGS } from "./flags/global.ts";
import { VERBS } from "./flags/verbs.ts";
import { describeMistake } from "./mistake.ts";

/** The flags of one call by name, as typed or by default; so are the positional words. */
export type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export type Parsed =
  | { kind: "run"; verb: string; values: Values }
  /** Help or version: an answer. */
  | { kind: "text"; text: string }
  | { kind: "mistake"; message: string; verb: string | undefined };

/** Reads the words after `kubectl syndicate`. */
export async function parseCommandLine(argv: readonly string[], columns: number): Promise<Parsed> {
  const words = joinVerb(normaliseArgv(argv), VERBS);
  const found: { parsed?: Parsed } = {};
  const parser = buildParser(columns, (verb, values) => {
    found.parsed = { kind: "run", verb, values };
  });
  const verb = VERBS.find(({ name }) => words.includes(oneWord(name)))?.name;
  const outcome = await new Promise<{ error: Error | undefined; output: string }>((resolve) => {
    void parser.parse(words, {}, (error, _values, output) => resolve({ error: error ?? undefined, output }));
  });
  if (outcome.error) {
    const names = VERBS.map(({ name }) => name);
    return { kind: "mistake", message: describeMistake(outcome.error.message, words, names, verb), verb };
  }
  if (outcome.output) return { kind: "text", text: asTyped(outcome.output) };
  return found.parsed ?? { kind: "text", text: asTyped(await parser.getHelp()) };
}

/** yargs knows commands of one word: `migrate resume` is `migrate-resume` to it, which is as wide. */
function oneWord(name: string): string {
  return name.replaceAll(" ", "-");
}

function asTyped(help: string): string {
  return VERBS.reduce((text, { name }) => text.replaceAll(`syndicate ${oneWord(name)}`, `syndicate ${name}`), help);
}

function buildParser(columns: number, chosen: (verb: string, values: Values) => void): Argv {
  let parser = yargs([])
    .scriptName("kubectl syndicate")
    .usage("Move Services between clusters, and see where they are.\n\nUsage: $0 COMMAND [flags]")
    .locale("en")
    .parserConfiguration({
      "boolean-negation": false,
      "camel-case-expansion": false,
      "dot-notation": false,
      "greedy-arrays": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "populate--": true,
    })
    .wrap(Math.min(Math.max(columns, 60), 110))
    .exitProcess(false)
    .showHelpOnFail(false)
    .strict()
    .version(VERSION)
    .alias("h", "help")
    .epilogue("Flags come after the command: kubectl itself refuses them before the name of a plugin.");
  for (const verb of VERBS) {
    parser = parser.command(
      usageOf(verb),
      verb.describe,
      (builder) => describeVerb(builder, verb),
      (values) => chosen(verb.name, clean(values, verb)),
    );
  }
  return parser;
}

function describeVerb(builder: Argv, verb: Verb): Argv {
  let described = builder.usage(`$0 ${usageOf(verb)} [flags]\n\n${verb.describe}.`);
  for (const name of wordsOf(verb)) {
    const { describe, choices } = verb.words?.[name] ?? { describe: "Name of the Service" };
    described = described.positional(name, { type: "string", describe, ...(choices ? { choices } : {}) });
  }
  for (const flag of [...verb.flags, ...GLOBAL_FLAGS]) described = described.option(flag.name, toOption(flag));
  for (const [command, what] of verb.examples) described = described.example(command, what);
  return described;
}

function usageOf({ name, positional }: Verb): string {
  return positional === "" ? oneWord(name) : `${oneWord(name)} ${positional}`;
}

/** Names of the words in the usage line, without brackets. */
function wordsOf({ positional }: Verb): string[] {
  return [...positional.matchAll(/[<[](\w+)/g)].map(([, name]) => name ?? "");
}

function toOption(flag: Flag): Options {
  return {
    describe: flag.describe,
    ...(flag.short === undefined ? {} : { alias: flag.short }),
    type: flag.type,
    requiresArg: flag.type === "string",
    ...(flag.choices === undefined ? {} : { choices: flag.choices }),
    ...(flag.default === undefined ? {} : { default: flag.default }),
    ...(flag.required === undefined ? {} : { demandOption: flag.required }),
    ...(flag.rare ? { hidden: true } : {}),
    // A flag given twice: the last one counts, as in kubectl.
    coerce: flag.many ? allOf : lastOf,
  };
}

function lastOf(value: unknown): unknown {
  return Array.isArray(value) ? value.at(-1) : value;
}

function allOf(value: unknown): unknown {
  return value === undefined ? undefined : [value].flat();
}

function clean(values: Record<string, unknown>, verb: Verb): Values {
  const names = [...wordsOf(verb), ...[...verb.flags, ...GLOBAL_FLAGS].map((flag) => flag.name)];
  return Object.fromEntries(names.map((name) => [name, values[name] as Values[string]]));
}
