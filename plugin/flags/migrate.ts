/** The command line of `migrate`. */
import type { Verb } from "./flag.ts";

/** `migrate`. */
export const MIGRATE: Verb = {
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
