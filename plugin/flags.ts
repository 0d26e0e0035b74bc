/** Every command and flag, in one table that parser, help and completion are made from. */
import { SERVICE_VERBS } from "./flags/service-verbs.ts";

export interface Flag {
  name: string;
  /** One letter. */
  short?: string;
  type: "string" | "boolean";
  describe: string;
  /** The only values accepted. */
  choices?: readonly string[];
  default?: string | boolean;
  /** What the value is, for completion. */
  value?: "context" | "namespace" | "duration";
  required?: boolean;
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
  name: string;
  /** As in the usage line; `[x]` is optional. */
  positional: string;
  /** What the words of `positional` other than `service` are, by name. */
  words?: Readonly<Record<string, Word>>;
  describe: string;
  flags: readonly Flag[];
  examples: readonly (readonly [string, string])[];
}

/** Flags of every command. */
export const GLOBAL_FLAGS: readonly Flag[] = [
  { name: "namespace", short: "n", type: "string", value: "namespace", describe: "Namespace; default: the context's" },
  { name: "kubeconfig", type: "string", describe: "Path of the kubeconfig; default: $KUBECONFIG, then ~/.kube/config" },
  {
    name: "request-timeout",
    type: "string",
    value: "duration",
    default: "10s",
    describe: "Longest wait for one answer of one cluster",
  },
  { name: "as", type: "string", describe: "Impersonate this user, in every cluster" },
  { name: "as-group", type: "string", describe: "Impersonate this group, together with --as" },
  {
    name: "color",
    type: "string",
    choices: ["auto", "always", "never"],
    default: "auto",
    describe: "Colour the output",
  },
];

const CONTEXTS = "Contexts of the clusters to look at, separated by commas";

const STATUS: Verb = {
  name: "status",
  positional: "[service]",
  describe: "Show which cluster serves what, and whether the clusters agree",
  flags: [
    {
      name: "contexts",
      type: "string",
      value: "context",
      describe: `${CONTEXTS}; default: $KUBECTL_SYNDICATE_CONTEXTS, then every context of the kubeconfig`,
    },
    { name: "context", type: "string", value: "context", describe: "Look at this one context only" },
    { name: "all-namespaces", short: "A", type: "boolean", default: false, describe: "Services of all namespaces" },
    {
      name: "output",
      short: "o",
      type: "string",
      choices: ["wide", "json", "yaml", "name"],
      describe: "Output format",
    },
    { name: "no-headers", type: "boolean", default: false, describe: "Tables without their first line" },
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

const MIGRATE: Verb = {
  name: "migrate",
  positional: "<service>",
  describe: "Move a Service to another cluster without losing a request",
  flags: [
    {
      name: "from",
      type: "string",
      value: "context",
      required: true,
      describe: "Context of the cluster that serves now",
    },
    {
      name: "to",
      type: "string",
      value: "context",
      required: true,
      describe: "Context of the cluster that shall serve",
    },
    {
      name: "contexts",
      type: "string",
      value: "context",
      describe: "Contexts of further clusters that take part, separated by commas",
    },
    {
      name: "strategy",
      type: "string",
      choices: ["union", "cutover"],
      describe: "union: both clusters serve for a while; cutover: one after the other, default for headless Services",
    },
    {
      name: "selector",
      type: "string",
      describe: "Selector of the pods in the new cluster, k=v,…; default: as before",
    },
    {
      name: "min-ready",
      type: "string",
      describe: "Endpoints that must be ready there first; default: as many as serve now",
    },
    {
      name: "adopt",
      type: "boolean",
      default: false,
      describe: "Take over a Service of the same name that takes no part yet",
    },
    {
      name: "dry-run",
      type: "string",
      choices: ["none", "client", "server"],
      default: "none",
      describe: "client: print the plan; server: have the clusters check every write and keep none",
    },
    { name: "yes", short: "y", type: "boolean", default: false, describe: "Do not ask" },
    {
      name: "timeout",
      type: "string",
      value: "duration",
      default: "30m",
      describe: "Stop waiting after this time; 0: never",
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
      choices: ["auto", "plain", "none"],
      default: "auto",
      describe: "How to show progress",
    },
  ],
  examples: [
    ["kubectl syndicate migrate checkout -n shop --from east --to west", "Move it; both clusters serve meanwhile"],
    ["kubectl syndicate migrate ledger -n shop --from east --to west --strategy cutover", "Move a stateful Service"],
  ],
};

/** Every command. */
export const VERBS: readonly Verb[] = [STATUS, MIGRATE, ...SERVICE_VERBS];
