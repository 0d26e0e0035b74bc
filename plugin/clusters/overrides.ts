/** What flags change in the kubeconfig before it is used. Pure. */
import type { Values } from "../command-line.ts";
import { CliError } from "../exit.ts";
import type { Kubeconfig, Named } from "./kubeconfig.ts";

/** Fields of a kubeconfig's user and cluster that flags of the call replace; `user` and `cluster` name other entries. */
export interface Overrides {
  user?: string;
  cluster?: string;
  userFields: Readonly<Record<string, string>>;
  clusterFields: Readonly<Record<string, string | boolean>>;
}

const USER_FIELDS = ["token", "username", "password", "client-certificate", "client-key"];
const CLUSTER_FIELDS = ["server", "certificate-authority", "tls-server-name", "insecure-skip-tls-verify"];

/** A flag with a field that means the same and would win: the flag is to win. */
const SUPERSEDED: Readonly<Record<string, readonly string[]>> = {
  token: ["tokenFile", "exec", "auth-provider"],
  username: ["token", "tokenFile", "exec", "auth-provider"],
  "client-certificate": ["client-certificate-data"],
  "client-key": ["client-key-data"],
  "certificate-authority": ["certificate-authority-data"],
  "insecure-skip-tls-verify": ["certificate-authority", "certificate-authority-data"],
};

/** The overrides of one call. */
export function readOverrides(values: Values): Overrides {
  const given = (names: readonly string[]) =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = values[name];
        return (typeof value === "string" && value !== "") || value === true ? [[name, value]] : [];
      }),
    );
  const { user, cluster } = values;
  return {
    ...(typeof user === "string" && user !== "" ? { user } : {}),
    ...(typeof cluster === "string" && cluster !== "" ? { cluster } : {}),
    userFields: given(USER_FIELDS) as Record<string, string>,
    clusterFields: given(CLUSTER_FIELDS),
  };
}

/**
 * The kubeconfig as if these contexts had been written with the overrides. Throws `CliError` if flags name one cluster while
 * several contexts are looked at: they would all lead to that one.
 */
export function applyOverrides(config: Kubeconfig, contexts: readonly string[], overrides: Overrides): Kubeconfig {
  const { user, cluster, userFields, clusterFields } = overrides;
  const named = Object.keys(clusterFields).filter((name) => name !== "insecure-skip-tls-verify");
  const [first] = [...(cluster === undefined ? [] : ["cluster"]), ...named];
  if (first !== undefined && contexts.length > 1) {
    throw new CliError(`--${first} names one cluster, and ${contexts.length} contexts are looked at`, {
      next: "name one of them with --context",
    });
  }
  const chosen = config.contexts.map((entry) => {
    if (!contexts.includes(entry.name)) return entry;
    return { ...entry, context: { ...entry.context, ...(user ? { user } : {}), ...(cluster ? { cluster } : {}) } };
  });
  const used = chosen.filter(({ name }) => contexts.includes(name)).map(({ context }) => context);
  const users = new Set(used.map((context) => context.user));
  const clusters = new Set(used.map((context) => context.cluster));
  return {
    ...config,
    contexts: chosen,
    users: config.users.map((entry) => (users.has(entry.name) ? replace(entry, "user", userFields) : entry)),
    clusters: config.clusters.map((entry) =>
      clusters.has(entry.name) ? replace(entry, "cluster", clusterFields) : entry,
    ),
  };
}

function replace(entry: Named, kind: "user" | "cluster", fields: Readonly<Record<string, string | boolean>>): Named {
  const body = { ...(entry as unknown as Record<string, Record<string, unknown>>)[kind] };
  for (const name of Object.keys(fields).flatMap((field) => SUPERSEDED[field] ?? [])) delete body[name];
  return { ...entry, [kind]: { ...body, ...fields } } as Named;
}
