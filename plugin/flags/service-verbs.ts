/** Commands about one Service, beside `status` and `migrate`. */

import { CONTEXT, CONTEXTS, contextsFlag, DRY_RUN, NO_HEADERS, ONE_CONTEXT, OUTPUT, YES } from "./cluster-flags.ts";
import type { Verb } from "./flag.ts";

const SET: Verb = {
  name: "set",
  positional: "<mode> <service>",
  words: {
    mode: {
      describe: "The mode to declare; none removes it",
      choices: ["source", "receiver", "union", "singular", "none"],
    },
  },
  describe: "Declare the mode of a Service, checked and explained",
  flags: [
    CONTEXT,
    contextsFlag("Contexts of the other clusters to check against, separated by commas; default: every context"),
    { name: "successor", type: "string", describe: "receiver: name of the cluster that takes over" },
    { name: "adopt", type: "string", describe: "Names of clusters whose own Service of that name is taken along" },
    { name: "selector", type: "string", describe: "Selector of the pods in this cluster, k=v,…" },
    { name: "min-ready", type: "string", describe: "Endpoints that must be ready before a take-over, N or N%" },
    DRY_RUN,
    YES,
  ],
  examples: [
    ["kubectl syndicate set union web -n shop --context east", "Let all clusters serve"],
    ["kubectl syndicate set receiver web -n shop --context east --successor west", "Hand over to west"],
  ],
};

const DIFF: Verb = {
  name: "diff",
  positional: "<service>",
  describe: "Compare a Service between the clusters; exit 2 if it differs",
  flags: [
    CONTEXTS,
    { name: "all", type: "boolean", default: false, describe: "Show what is equal too" },
    ...OUTPUT,
    NO_HEADERS,
  ],
  examples: [["kubectl syndicate diff web -n shop", "What differs in which cluster"]],
};

const EVENTS: Verb = {
  name: "events",
  positional: "<service>",
  describe: "Events of a Service in all clusters, the latest last",
  flags: [CONTEXTS, ONE_CONTEXT, ...OUTPUT, NO_HEADERS],
  examples: [["kubectl syndicate events web -n shop", "What happened, and where"]],
};

const TRACE: Verb = {
  name: "trace",
  positional: "<service>",
  describe: "Explain why a Service looks as it does in each cluster, and who wrote what",
  flags: [CONTEXTS, ONE_CONTEXT, ...OUTPUT],
  examples: [["kubectl syndicate trace web -n shop", "Declaration, contributors, holds, writers"]],
};

/** In the order of the help. */
export const SERVICE_VERBS: readonly Verb[] = [SET, DIFF, EVENTS, TRACE];
