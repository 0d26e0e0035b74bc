/** The command lines of `migrate`, `migrate resume`, `migrate rollback` and `migrate abort`. */
import { contextsFlag } from "./cluster-flags.ts";
import type { Flag, Verb } from "./flag.ts";

/** How a move is driven and shown; the same for all that wait. */
const DRIVE_FLAGS: readonly Flag[] = [
  { name: "yes", short: "y", type: "boolean", default: false, describe: "Do not ask" },
  {
    name: "timeout",
    type: "string",
    value: "duration",
    default: "30m",
    describe: "Stop waiting after this time, in which --hold does not count; 0: never",
  },
  {
    name: "settle",
    type: "string",
    value: "duration",
    default: "5s",
    describe: "How long nothing must have changed before the old pods may go (kube-proxy follows meanwhile)",
  },
  {
    name: "progress",
    type: "string",
    choices: ["auto", "plain", "json", "none"],
    default: "auto",
    describe: "How to show progress: redrawn on a terminal, else plain lines; json: one object a line on stderr",
  },
];

const MIN_READY: Flag = {
  name: "min-ready",
  type: "string",
  describe: "Endpoints that must be ready there first; default: as many as serve now",
};

const HOLD: Flag = {
  name: "hold",
  type: "string",
  value: "duration",
  describe: "How long both clusters shall serve before the new one serves alone; default: 0s",
};

const DRY_RUN: Flag = {
  name: "dry-run",
  type: "string",
  choices: ["none", "client", "server"],
  default: "none",
  describe: "client: print the plan; server: have the clusters check every write and keep none",
};

const MIGRATE: Verb = {
  name: "migrate",
  positional: "[service]",
  describe: "Move a Service to another cluster without losing a request",
  flags: [
    { name: "from", type: "string", value: "context", describe: "Context of the cluster that serves now" },
    { name: "to", type: "string", value: "context", describe: "Context of the cluster that shall serve" },
    contextsFlag("Contexts of further clusters that take part, separated by commas"),
    {
      name: "strategy",
      type: "string",
      choices: ["union", "cutover"],
      describe:
        "union: both clusters serve for a while; cutover: one after the other, default for headless Services and the pods of StatefulSets",
    },
    {
      name: "selector",
      type: "string",
      describe: "Selector of the pods in the new cluster, k=v,…; default: as before",
    },
    MIN_READY,
    HOLD,
    {
      name: "adopt",
      type: "boolean",
      default: false,
      describe: "Take over a Service of the same name that takes no part yet",
    },
    DRY_RUN,
    {
      name: "output",
      short: "o",
      type: "string",
      choices: ["json", "yaml"],
      describe: "With --dry-run: print the plan as an object, to be run with -f",
    },
    {
      name: "filename",
      short: "f",
      type: "string",
      describe: "Run this plan, if the clusters are still as they were when it was made; - reads stdin",
    },
    ...DRIVE_FLAGS,
  ],
  examples: [
    ["kubectl syndicate migrate checkout -n shop --from east --to west", "Move it; both clusters serve meanwhile"],
    ["kubectl syndicate migrate ledger -n shop --from east --to west --strategy cutover", "Move a stateful Service"],
    ["kubectl syndicate migrate resume checkout -n shop", "Go on with a move that was stopped, from any machine"],
    ["kubectl syndicate migrate rollback checkout -n shop", "Make everything as it was before the move"],
    ["kubectl syndicate migrate abort checkout -n shop", "Leave it as it stands; all three have a --help of their own"],
  ],
};

const CONTEXTS = contextsFlag("Contexts to look for the clusters in; default: every context of the kubeconfig");

const RESUME: Verb = {
  name: "migrate resume",
  positional: "<service>",
  describe: "Go on with a move that was stopped",
  flags: [CONTEXTS, MIN_READY, HOLD, ...DRIVE_FLAGS],
  examples: [["kubectl syndicate migrate resume checkout -n shop --hold 0s", "Go on, and let both serve no longer"]],
};

const ROLLBACK: Verb = {
  name: "migrate rollback",
  positional: "<service>",
  describe: "Make everything as it was before the move",
  flags: [CONTEXTS, MIN_READY, ...DRIVE_FLAGS],
  examples: [["kubectl syndicate migrate rollback checkout -n shop", "Take a move back, also a finished one"]],
};

const ABORT: Verb = {
  name: "migrate abort",
  positional: "<service>",
  describe: "Leave a move as it stands; whoever drives it stops",
  flags: [CONTEXTS, ...DRIVE_FLAGS],
  examples: [["kubectl syndicate migrate abort checkout -n shop", "Both clusters stay as they are now"]],
};

/** `migrate` and what belongs to it. */
export const MIGRATE_VERBS: readonly Verb[] = [MIGRATE, RESUME, ROLLBACK, ABORT];
