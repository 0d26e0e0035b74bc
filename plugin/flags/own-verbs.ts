/** Commands about the plugin itself. */
import { CONTEXTS, ONE_CONTEXT, OUTPUT } from "./cluster-flags.ts";
import type { Verb } from "./flag.ts";

const VERSION: Verb = {
  name: "version",
  positional: "",
  describe: "Show the versions of the plugin and of the sync process in each cluster",
  flags: [
    { name: "client", type: "boolean", default: false, describe: "The plugin's alone; asks no cluster" },
    CONTEXTS,
    ONE_CONTEXT,
    ...OUTPUT,
  ],
  examples: [["kubectl syndicate version --client", "The plugin's version, without asking any cluster"]],
};

const COMPLETION: Verb = {
  name: "completion",
  positional: "[action]",
  words: {
    action: { describe: "script: print it; install: write it beside the plugin", choices: ["script", "install"] },
  },
  describe: "Show or install the script by which kubectl completes our words",
  flags: [],
  examples: [["kubectl syndicate completion install", "Write kubectl_complete-syndicate beside kubectl-syndicate"]],
};

const OPTIONS: Verb = {
  name: "options",
  positional: "",
  describe: "List the flags that every command takes",
  flags: [],
  examples: [],
};

/** Commands about the plugin itself. */
export const OWN_VERBS: readonly Verb[] = [VERSION, COMPLETION, OPTIONS];
