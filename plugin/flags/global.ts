/** Flags of every command: those of kubectl, by the same names and with the same meaning. */
import type { Flag } from "./flag.ts";

const USUAL: readonly Flag[] = [
  { name: "namespace", short: "n", type: "string", value: "namespace", describe: "Namespace; default: the context's" },
  { name: "kubeconfig", type: "string", describe: "Path of the kubeconfig; default: $KUBECONFIG, then ~/.kube/config" },
  {
    name: "request-timeout",
    type: "string",
    value: "duration",
    default: "10s",
    describe: "Longest wait for one answer of one cluster; 0: no limit",
  },
  { name: "as", type: "string", describe: "Impersonate this user, in every cluster" },
  { name: "as-group", type: "string", many: true, describe: "Impersonate this group too; may be repeated" },
  {
    name: "color",
    type: "string",
    choices: ["auto", "always", "never"],
    default: "auto",
    describe: "Colour the output",
  },
];

function rare(name: string, describe: string, more: Partial<Flag> = {}): Flag {
  return { name, type: "string", describe, rare: true, ...more };
}

const RARE: readonly Flag[] = [
  rare("as-uid", "Impersonate this uid too"),
  rare("user", "User of the kubeconfig, in every cluster"),
  rare("token", "Bearer token, in every cluster"),
  rare("username", "User name of basic authentication, in every cluster"),
  rare("password", "Password of basic authentication, in every cluster"),
  rare("client-certificate", "Path of a client certificate, in every cluster"),
  rare("client-key", "Path of the client certificate's key, in every cluster"),
  rare("cluster", "Cluster of the kubeconfig; with one context only"),
  rare("server", "URL of the API server; with one context only", { short: "s" }),
  rare("certificate-authority", "Path of the certificates to trust; with one context only"),
  rare("tls-server-name", "Name to expect in the server's certificate; with one context only"),
  rare("insecure-skip-tls-verify", "Do not check the server's certificate", { type: "boolean" }),
  rare("disable-compression", "Ask for answers that are not compressed, which we do anyway", { type: "boolean" }),
  rare("cache-dir", "Accepted as kubectl does; nothing is cached"),
  rare("log-flush-frequency", "Accepted as kubectl does; nothing is kept back"),
  rare("profile", "Accepted as kubectl does, without effect"),
  rare("profile-output", "Accepted as kubectl does, without effect"),
  rare("vmodule", "Accepted as kubectl does, without effect"),
  rare("match-server-version", "Accepted as kubectl does, without effect", { type: "boolean" }),
  rare("warnings-as-errors", "Exit 1 if a server answered with a warning", { type: "boolean" }),
  rare("v", "6: tell every request on stderr, with its answer and duration", { default: "0" }),
];

/** Flags of every command. */
export const GLOBAL_FLAGS: readonly Flag[] = [...USUAL, ...RARE];
