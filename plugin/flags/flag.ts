/** What a flag and a command are; parser, help and completion are made from these. */

export interface Flag {
  name: string;
  /** One letter. */
  short?: string;
  type: "string" | "boolean";
  describe: string;
  /** The only values accepted. */
  choices?: readonly string[];
  /** Beginnings of values, for completion; others may be accepted too. */
  values?: readonly string[];
  default?: string | boolean;
  /** What the value is, for completion. */
  value?: "context" | "namespace" | "duration";
  required?: boolean;
  /** May be given several times, all of them count; without it the last one does. */
  many?: boolean;
  /** Not in the help of each command, but in `kubectl syndicate options`. */
  rare?: boolean;
}

/** A positional word. */
export interface Word {
  describe: string;
  /** The only values accepted. */
  choices?: readonly string[];
  /** What it is, for completion. */
  value?: "context";
}

export interface Verb {
  /** One word, or two where a command has commands of its own: `migrate resume`. */
  name: string;
  /** As in the usage line; `[x]` is optional. */
  positional: string;
  /** What the words of `positional` other than `service` are, by name. */
  words?: Readonly<Record<string, Word>>;
  describe: string;
  flags: readonly Flag[];
  examples: readonly (readonly [string, string])[];
}
