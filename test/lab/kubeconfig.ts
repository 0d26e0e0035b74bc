import { stringify } from "yaml";
import type { Credential } from "./certificates.ts";

/** One cluster as a kubeconfig names it; the context has the cluster's name. */
export interface KubeconfigEntry {
  name: string;
  /** https URL. */
  server: string;
  /** Certificate authority, PEM. */
  ca: string;
  user: Credential | { token: string };
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

function userOf({ user }: KubeconfigEntry): object {
  if ("token" in user) return { token: user.token };
  return { "client-certificate-data": base64(user.cert), "client-key-data": base64(user.key) };
}

/** A kubeconfig (YAML) with one context per entry; the first entry is the current context. */
export function renderKubeconfig(entries: KubeconfigEntry[]): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": entries[0]?.name ?? "",
    clusters: entries.map(({ name, server, ca }) => ({
      name,
      cluster: { server, "certificate-authority-data": base64(ca) },
    })),
    users: entries.map((entry) => ({ name: `${entry.name}-user`, user: userOf(entry) })),
    contexts: entries.map(({ name }) => ({ name, context: { cluster: name, user: `${name}-user` } })),
  });
}
