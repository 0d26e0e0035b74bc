/** Flags that several commands share. */
import type { Flag } from "./flag.ts";

/** Several clusters to look at. */
export const CONTEXTS: Flag = {
  name: "contexts",
  type: "string",
  value: "context",
  describe:
    "Contexts of the clusters to look at, separated by commas; default: $KUBECTL_SYNDICATE_CONTEXTS, then every context of the kubeconfig",
};

/** One of the clusters to look at. */
export const ONE_CONTEXT: Flag = {
  name: "context",
  type: "string",
  value: "context",
  describe: "Look at this one context only",
};

/** The cluster to write to. */
export const CONTEXT: Flag = {
  name: "context",
  type: "string",
  value: "context",
  describe: "Context of the cluster to change; default: the current one",
};

/** The answer as data. */
export const OUTPUT: Flag = {
  name: "output",
  short: "o",
  type: "string",
  values: ["json", "yaml", "jsonpath="],
  describe: "Output format: json, yaml, jsonpath=…",
};

export const NO_HEADERS: Flag = {
  name: "no-headers",
  type: "boolean",
  default: false,
  describe: "Tables without their first line",
};

export const DRY_RUN: Flag = {
  name: "dry-run",
  type: "string",
  choices: ["none", "client", "server"],
  default: "none",
  describe: "client: say what would be done; server: have the cluster check it and keep nothing",
};

export const YES: Flag = { name: "yes", short: "y", type: "boolean", default: false, describe: "Do not ask" };
