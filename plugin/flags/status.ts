/** The command line of `status`. */
import { CONTEXTS, NO_HEADERS, ONE_CONTEXT, TEMPLATES } from "./cluster-flags.ts";
import type { Verb } from "./flag.ts";
import { OUTPUT_FORMATS } from "./output-formats.ts";

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
      values: OUTPUT_FORMATS,
      describe:
        "wide, json, yaml, name, jsonpath=…, jsonpath-as-json=…, jsonpath-file=…, custom-columns=…, custom-columns-file=…",
    },
    NO_HEADERS,
    { name: "show-labels", type: "boolean", default: false, describe: "A column of the Services' labels" },
    {
      name: "selector",
      short: "l",
      type: "string",
      describe: "Services with these labels only, as kubectl selects them",
    },
    { name: "sort-by", type: "string", describe: "Order of the list, by a field: .createdAt" },
    ...TEMPLATES,
    { name: "ignore-not-found", type: "boolean", default: false, describe: "Exit 0 if there is no such Service" },
    { name: "watch", short: "w", type: "boolean", default: false, describe: "Go on, and show what changes" },
    { name: "watch-only", type: "boolean", default: false, describe: "Like --watch, without the first list" },
    {
      name: "for",
      type: "string",
      values: ["synced", "mode=", "serving=", "create", "delete", "jsonpath="],
      describe: "Wait for: synced, mode=MODE, serving=CLUSTER, create, delete, jsonpath='{.path}'=VALUE",
    },
    {
      name: "timeout",
      type: "string",
      value: "duration",
      default: "30s",
      describe: "With --for: exit 3 after this time; 0: never",
    },
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
    ["kubectl syndicate status checkout -n shop --for=serving=west --timeout 5m", "Wait until west alone serves"],
    ["kubectl syndicate status -n shop -o jsonpath='{.items[?(@.inSync==false)].name}'", "Names for a script"],
  ],
};
