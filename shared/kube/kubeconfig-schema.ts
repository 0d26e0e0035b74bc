/** What a kubeconfig for sync may hold, and what to write instead of what it may not. */

import { isIP } from "node:net";
import * as v from "valibot";
import { KUBECONFIG_EXTENSION } from "../keys.ts";

const Text = v.pipe(v.string(), v.minLength(1, "must not be empty"));

/** Base64 in the file, PEM in the output. */
const PemData = v.pipe(
  v.string(),
  v.base64("must be base64"),
  v.transform((data) => Buffer.from(data, "base64").toString("utf8")),
  v.includes("-----BEGIN ", "must be PEM, in base64"),
);

/** Only what may stand in a header; spaces and line ends around it are left over from files and dropped. */
const Token = v.pipe(v.string(), v.trim(), v.regex(/^[\x21-\x7e]+$/, "must be one word without control characters"));

const Server = v.pipe(
  v.string(),
  v.check((text) => URL.canParse(text), "must be a URL"),
  v.check((text) => text.startsWith("https://"), "must begin with https://"),
  v.check(isPlain, "must not contain a user, a query or a fragment"),
);

const Cidr = v.pipe(v.string(), v.check(isCidr, "must be a network such as 10.1.0.0/16"));

const PodNetworks = v.strictObject({ podCIDRs: v.array(Cidr) });

const Extension = v.variant("name", [
  v.strictObject({ name: v.literal(KUBECONFIG_EXTENSION), extension: PodNetworks }),
  // Extensions of other tools (minikube writes some) are data nobody of us reads.
  v.object({ name: v.pipe(v.string(), v.notValue(KUBECONFIG_EXTENSION)) }),
]);

const Cluster = v.strictObject({
  server: Server,
  "certificate-authority-data": v.optional(PemData),
  "tls-server-name": v.optional(Text),
  "insecure-skip-tls-verify": v.optional(v.literal(false)),
  "disable-compression": v.optional(v.boolean()),
  extensions: v.optional(v.array(Extension)),
});

const User = v.strictObject({
  token: v.optional(Token),
  "client-certificate-data": v.optional(PemData),
  "client-key-data": v.optional(PemData),
});

const Context = v.strictObject({
  cluster: Text,
  user: Text,
  namespace: v.optional(v.string()),
  extensions: v.optional(v.unknown()),
});

/** A kubeconfig as the YAML parser gives it. */
export const PlainKubeconfig = v.strictObject({
  apiVersion: v.optional(v.literal("v1")),
  kind: v.optional(v.literal("Config")),
  preferences: v.optional(v.unknown()),
  extensions: v.optional(v.unknown()),
  "current-context": v.optional(v.string()),
  clusters: v.array(v.strictObject({ name: Text, cluster: Cluster })),
  users: v.array(v.strictObject({ name: Text, user: User })),
  contexts: v.array(v.strictObject({ name: Text, context: Context })),
});

/** Pod networks in our extension of a cluster entry; empty without one. */
export function podCIDRsOf(cluster: v.InferOutput<typeof Cluster>): string[] {
  return (cluster.extensions ?? []).flatMap((entry) => ("extension" in entry ? entry.extension.podCIDRs : []));
}

const INSTEAD: ReadonlyMap<string, string> = new Map([
  ["exec", "would run a command; use token, or client-certificate-data and client-key-data"],
  ["auth-provider", "would run code; use token, or client-certificate-data and client-key-data"],
  ["tokenFile", "would read a file; put the token itself into token"],
  ["token-file", "would read a file; put the token itself into token"],
  ["certificate-authority", "would read a file; use certificate-authority-data (base64 of the file)"],
  ["client-certificate", "would read a file; use client-certificate-data (base64 of the file)"],
  ["client-key", "would read a file; use client-key-data (base64 of the file)"],
  ["insecure-skip-tls-verify", "would trust any server; use certificate-authority-data"],
  ["proxy-url", "would send everything to a third party; the API server must be reachable directly"],
  ["username", "is no longer known to Kubernetes; use token"],
  ["password", "is no longer known to Kubernetes; use token"],
  ["as", "impersonation is not needed here; give the token its own rights"],
]);

/**
 * A sentence about the first thing wrong: field path, reason, and what to use instead. Values are never part of it: they
 * may be secrets.
 */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue) ?? "the file";
  const field = String(issue.path?.at(-1)?.key ?? "");
  const instead = INSTEAD.get(field);
  if (instead !== undefined) return `${path} is not accepted in a kubeconfig for sync: it ${instead}`;
  if (issue.type === "strict_object" && issue.expected === "never") {
    return `${path} is not accepted in a kubeconfig for sync (unknown field)`;
  }
  if (issue.received === "undefined") return `${path} is missing`;
  return issue.kind === "validation"
    ? `${path} ${issue.message}`
    : `${path} must be ${issue.expected ?? "something else"}`;
}

function isPlain(text: string): boolean {
  const url = URL.parse(text);
  if (url === null) return true;
  return url.username === "" && url.password === "" && url.search === "" && url.hash === "";
}

function isCidr(text: string): boolean {
  const [address = "", length = "", ...rest] = text.split("/");
  const bits = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : -1;
  return rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= bits;
}
