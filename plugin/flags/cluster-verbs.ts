/** Commands about clusters. */

import {
  CONTEXT,
  CONTEXTS,
  contextsFlag,
  DRY_RUN,
  LOCAL_DRY_RUN,
  NO_HEADERS,
  ONE_CONTEXT,
  OUTPUT,
  YES,
} from "./cluster-flags.ts";
import type { Flag, Verb, Word } from "./flag.ts";

const CHECK: Verb = {
  name: "check",
  positional: "",
  describe: "Check what the clusters need to work together; exit 2 if something is wrong",
  flags: [
    CONTEXTS,
    ONE_CONTEXT,
    ...OUTPUT,
    { name: "all", type: "boolean", default: false, describe: "Show good ones too" },
  ],
  examples: [
    ["kubectl syndicate check --contexts east,west", "Reachability, rights, webhook, peers, leftovers, clocks"],
  ],
};

const PEER: Word = { describe: "Context of the cluster to read", value: "context" };

const MUTUAL: Flag = { name: "mutual", type: "boolean", default: false, describe: "In both directions" };

const LINK: Verb = {
  name: "link",
  positional: "<peer>",
  words: { peer: PEER },
  describe: "Let a cluster read another one: an account there, its kubeconfig here",
  flags: [
    CONTEXT,
    MUTUAL,
    { name: "name", type: "string", describe: "Name of the peer; default: what it calls itself" },
    {
      name: "address",
      type: "string",
      describe: "URL by which pods of this cluster reach the peer's API server; default: as in your kubeconfig",
    },
    {
      name: "own-address",
      type: "string",
      describe: "With --mutual: URL by which pods of the peer reach this cluster's API server",
    },
    { name: "pod-cidr", type: "string", describe: "Pod networks of the peer, comma list; default: what it declares" },
    {
      name: "authority",
      type: "string",
      describe: "PEM file of the authority of the peer's API server; default: the one of your kubeconfig",
    },
    {
      name: "credential",
      type: "string",
      choices: ["secret", "request"],
      default: "secret",
      describe: "secret: valid until unlinked or rotated; request: ends after --duration",
    },
    {
      name: "duration",
      type: "string",
      value: "duration",
      default: "8760h",
      describe: "With --credential=request: how long the token is valid, if the cluster agrees",
    },
    {
      name: "rotate",
      type: "boolean",
      default: false,
      describe: "Make a new token, and end the old ones after --grace",
    },
    {
      name: "grace",
      type: "string",
      value: "duration",
      default: "3m",
      describe: "With --rotate: time for the new kubeconfig to reach the Pod; 0: leave the old tokens",
    },
    LOCAL_DRY_RUN,
  ],
  examples: [
    ["kubectl syndicate link west --context east --mutual", "East and west read each other"],
    ["kubectl syndicate link west --context east --rotate", "New token"],
  ],
};

const UNLINK: Verb = {
  name: "unlink",
  positional: "<peer>",
  words: { peer: { describe: "Name of the peer, or its context", value: "context" } },
  describe: "Take a cluster's access to another one away; refused while Services depend on it",
  flags: [
    CONTEXT,
    MUTUAL,
    { name: "force", type: "boolean", default: false, describe: "Although Services depend on it: what is known stays" },
    LOCAL_DRY_RUN,
    YES,
  ],
  examples: [["kubectl syndicate unlink west --context east --mutual", "Part two clusters"]],
};

const LINKS: Verb = {
  name: "links",
  positional: "",
  describe: "List which cluster reads which, and whether its credentials are good",
  flags: [CONTEXTS, ONE_CONTEXT, ...OUTPUT, NO_HEADERS],
  examples: [["kubectl syndicate links", "Peers of every cluster"]],
};

const FORGET: Verb = {
  name: "forget",
  positional: "<peer>",
  words: { peer: { describe: "Name of the cluster that will not come back" } },
  describe: "Tell the other clusters that one is gone for good, so that nothing waits for it",
  flags: [
    CONTEXTS,
    { name: "undo", type: "boolean", default: false, describe: "It is back" },
    { name: "force", type: "boolean", default: false, describe: "Although it answers, or a cluster cannot be told" },
    LOCAL_DRY_RUN,
    YES,
  ],
  examples: [["kubectl syndicate forget west --contexts east,north", "West burnt down"]],
};

const INSTALL: Verb = {
  name: "install",
  positional: "",
  describe: "Install or upgrade syndicate in a cluster, or print the manifests",
  flags: [
    CONTEXT,
    { name: "name", type: "string", describe: "Name of the cluster, a DNS label; an upgrade keeps it" },
    { name: "image", type: "string", describe: "Image with tag or digest; an upgrade keeps it" },
    {
      name: "set",
      type: "string",
      describe: "Settings, KEY=VALUE, separated by semicolons, such as EXCLUDE=kube-system,dev",
    },
    {
      name: "webhook",
      type: "string",
      choices: ["auto", "ignore", "fail"],
      default: "auto",
      describe:
        "fail: changes of Services with our keys wait for the webhook (1.30 and later); auto: as it is, else fail where it can",
    },
    {
      name: "create-namespaces",
      type: "boolean",
      describe: "Let sync make missing namespaces; an upgrade keeps it, =false takes it back",
    },
    { name: "output", short: "o", type: "string", choices: ["yaml", "json"], describe: "Print the manifests instead" },
    DRY_RUN,
  ],
  examples: [
    ["kubectl syndicate install --context east --name east --image REGISTRY/kubectl-syndicate:0.1.0", "Install"],
    ["kubectl syndicate install --name east --image … -o yaml", "Print, to be kept in Git"],
  ],
};

const UNINSTALL: Verb = {
  name: "uninstall",
  positional: "",
  describe: "Give Services back to Kubernetes and remove syndicate from a cluster",
  flags: [
    CONTEXT,
    contextsFlag("Contexts of the other clusters, which may depend on this one; default: every context"),
    { name: "force", type: "boolean", default: false, describe: "Although something speaks against it" },
    LOCAL_DRY_RUN,
    YES,
  ],
  examples: [["kubectl syndicate uninstall --context east --dry-run", "What would be done, and what stops it"]],
};

/** In the order of the help. */
export const CLUSTER_VERBS: readonly Verb[] = [CHECK, LINK, UNLINK, LINKS, FORGET, INSTALL, UNINSTALL];
