/**
 * Kubeconfigs that sync reads: those of peers, and its own outside of a cluster. A kubeconfig is code: `exec` runs commands,
 * `tokenFile` and the like read any file of ours, and whoever may edit a peer's Secret would gain that. Only the few fields
 * that carry plain data are accepted.
 */

import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import * as v from "valibot";
import { LineCounter, parseDocument } from "yaml";
import type { ClusterCredentials } from "./credentials.ts";
import { describeIssue, PlainKubeconfig, podCIDRsOf } from "./kubeconfig-schema.ts";

/** Far above any kubeconfig of one cluster; a Secret may hold 1 MiB. */
const MAX_CHARACTERS = 1024 * 1024;

/** A kubeconfig that is not accepted. The message names file and field and what to write instead, never a value. */
export class KubeconfigError extends Error {
  override readonly name = "KubeconfigError";
}

/**
 * The credentials in such a kubeconfig. `file` is its name for messages. The current context counts, or the only one; its
 * namespace is ignored. Every entry of the file must be acceptable, also those the context does not use.
 * Throws `KubeconfigError`.
 */
export function parsePlainKubeconfig(text: string, file: string): ClusterCredentials {
  const result = v.safeParse(PlainKubeconfig, readYaml(text, file));
  if (!result.success) throw new KubeconfigError(`${file}: ${describeIssue(result.issues[0])}`);
  const config = result.output;
  const context = chooseContext(config, file);
  const cluster = find(config.clusters, context.cluster, `${file}: cluster`).cluster;
  const user = find(config.users, context.user, `${file}: user`).user;
  const credentials = {
    server: cluster.server.replace(/\/+$/, ""),
    ...optional("caData", cluster["certificate-authority-data"]),
    ...optional("serverName", cluster["tls-server-name"]),
    ...optional("token", user.token),
    ...optional("cert", user["client-certificate-data"]),
    ...optional("key", user["client-key-data"]),
    podCIDRs: podCIDRsOf(cluster),
  };
  checkIdentity(credentials, file);
  return credentials;
}

type Config = v.InferOutput<typeof PlainKubeconfig>;

function chooseContext(config: Config, file: string): { cluster: string; user: string } {
  const current = config["current-context"];
  if (current) return find(config.contexts, current, `${file}: current-context`).context;
  const [only, ...more] = config.contexts;
  if (only && more.length === 0) return only.context;
  throw new KubeconfigError(`${file}: current-context is missing and there are ${config.contexts.length} contexts`);
}

function find<T extends { name: string }>(entries: readonly T[], name: string, what: string): T {
  const found = entries.find((entry) => entry.name === name);
  if (!found) throw new KubeconfigError(`${what} "${name}" is not in the file`);
  return found;
}

function checkIdentity(credentials: ClusterCredentials, file: string): void {
  const { token, cert, key, caData } = credentials;
  if ((cert === undefined) !== (key === undefined)) {
    throw new KubeconfigError(`${file}: client-certificate-data and client-key-data go together, one is missing`);
  }
  if (token === undefined && cert === undefined) {
    throw new KubeconfigError(`${file}: the user needs a token, or client-certificate-data and client-key-data`);
  }
  try {
    createSecureContext({ cert, key });
    // A secure context skips what it cannot read among its authorities, and would then trust nobody.
    if (caData !== undefined) new X509Certificate(caData);
  } catch (error) {
    // OpenSSL's codes name the fault ("key values mismatch") and no content.
    const reason = (error as NodeJS.ErrnoException).code ?? "unreadable";
    throw new KubeconfigError(`${file}: certificate or key data cannot be used (${reason})`);
  }
}

function readYaml(text: string, file: string): unknown {
  if (text.length > MAX_CHARACTERS) throw new KubeconfigError(`${file}: longer than ${MAX_CHARACTERS} characters`);
  const lineCounter = new LineCounter();
  // The parser's own texts quote the line, which may be the token's.
  const document = parseDocument(text, { prettyErrors: false, lineCounter, merge: false });
  const [error] = document.errors;
  if (error) {
    const { line } = lineCounter.linePos(error.pos[0]);
    throw new KubeconfigError(`${file}: not valid YAML at line ${line} (${error.code})`);
  }
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    throw new KubeconfigError(`${file}: YAML anchors and aliases are not accepted in a kubeconfig for sync`);
  }
}

function optional<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: T };
}
