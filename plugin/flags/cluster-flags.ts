/** Flags that several commands share. */
import type { Flag } from "./flag.ts";
import { OUTPUT_FORMATS } from "./output-formats.ts";

/** Several clusters to look at. */
export const CONTEXTS = contextsFlag(
  "Contexts of the clusters to look at, separated by commas; default: $KUBECTL_SYNDICATE_CONTEXTS, then every context of the kubeconfig",
);

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

/** `--contexts`; what it is for differs. */
export function contextsFlag(describe: string): Flag {
  return { name: "contexts", type: "string", value: "context", describe };
}

/** With templates, as in kubectl. */
export const TEMPLATES: readonly Flag[] = [
  { name: "template", type: "string", describe: "Template of -o jsonpath, if it does not stand there" },
  {
    name: "allow-missing-template-keys",
    type: "boolean",
    default: true,
    describe: "A field that a template does not find is nothing, and no error",
  },
];

/** The answer as data, for commands whose answer is no list of Services. */
export const OUTPUT: readonly Flag[] = [
  {
    name: "output",
    short: "o",
    type: "string",
    values: OUTPUT_FORMATS.filter((format) => format !== "name"),
    describe: "wide, json, yaml, jsonpath=…, custom-columns=… and their -file forms",
  },
  ...TEMPLATES.map((flag) => ({ ...flag, rare: true })),
];

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

/** Of commands whose writes depend on each other: no server can check them one by one. */
export const LOCAL_DRY_RUN: Flag = {
  ...DRY_RUN,
  choices: ["none", "client"],
  describe: "client: say what would be done",
};

export const YES: Flag = { name: "yes", short: "y", type: "boolean", default: false, describe: "Do not ask" };
