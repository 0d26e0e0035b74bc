/** The command line of `status`. */
import { CONTEXTS, NO_HEADERS, ONE_CONTEXT } from "./cluster-flags.ts";
import type { Verb } from "./flag.ts";

/** `status`. */
export const STATUS: Verb = {
  name: "status",
  positional: "[service]",
  describe: "Show which cluster serves what, and whether the clusters agree",
  flags: [
    CONTEXTS,
    ONE_CONTEXT,
    { name: "all-namespaces", short: "A", type: "boolean", default: false, describe: "Services of all namespaces" },
    {
      name: "output",
      short: "o",
      type: "string",
      choices: ["wide", "json", "yaml", "name"],
      describe: "Output format",
    },
    NO_HEADERS,
    {
      name: "exit-code",
      type: "boolean",
      default: false,
      describe: "Exit 2 if a Service is not in sync",
    },
  ],
  examples: [
    ["kubectl syndicate status -n shop --contexts east,west", "Services of one namespace, one column per cluster"],
    ["kubectl syndicate status checkout -n shop --contexts east,west", "One Service as a tree"],
  ],
};
