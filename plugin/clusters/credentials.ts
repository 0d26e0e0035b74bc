/**
 * The credentials of one context of the user's kubeconfig, by kubectl's rules. `@kubernetes/client-node` is asked for the old
 * `auth-provider` blocks alone: it ignores `tokenFile`, groups to impersonate and the environment's proxies, hides what exec
 * plugins say, and takes longer to load than the rest of the plugin together.
 */
import { readFile } from "node:fs/promises";
import type { ClusterCredentials, TokenSource } from "../../shared/kube/credentials.ts";
import { CliError } from "../exit.ts";
import { type ExecBlock, type ExecCredential, type ExecWorld, runExecPlugin } from "./exec-plugin.ts";
import { findContext, type Kubeconfig, type Named } from "./kubeconfig.ts";
import { proxyFromEnvironment } from "./proxy.ts";

/** Whom to act as; takes the place of what the kubeconfig says if a user is named. */
export interface Impersonation {
  user?: string | undefined;
  groups: readonly string[];
  uid?: string | undefined;
}

export interface CredentialOptions extends Pick<ExecWorld, "env" | "canAsk"> {
  impersonate: Impersonation;
  /** Milliseconds since 1970. */
  now(): number;
}

type Body = Readonly<Record<string, unknown>>;

/** Throws `CliError`, naming what is missing; files are read and exec plugins run now. */
export async function readCredentials(
  config: Kubeconfig,
  contextName: string,
  options: CredentialOptions,
): Promise<ClusterCredentials> {
  const { context } = findContext(config, contextName);
  const cluster = bodyOf(config.clusters, "cluster", context.cluster, contextName);
  const user = bodyOf(config.users, "user", context.user, contextName);
  const server = textIn(cluster, "server")?.replace(/\/+$/, "");
  if (!server || !URL.canParse(server)) {
    throw new CliError(`cluster "${context.cluster}" of the kubeconfig has no valid server: "${server ?? ""}"`);
  }
  const caData = await dataIn(cluster, "certificate-authority");
  const serverName = textIn(cluster, "tls-server-name");
  const proxyUrl = textIn(cluster, "proxy-url") ?? proxyFromEnvironment(options.env, server);
  const asking = { config, contextName, cluster: { ...cluster, server }, caData, options };
  const { headers, ...proof } = await prove(user, asking);
  return {
    server,
    ...(caData === undefined ? {} : { caData }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    ...(cluster["insecure-skip-tls-verify"] === true ? { insecure: true } : {}),
    ...proof,
    headers: { ...headers, ...impersonationHeaders(user, options.impersonate) },
    podCIDRs: [],
  };
}

function bodyOf(entries: readonly Named[], kind: "cluster" | "user", name: string, context: string): Body {
  const found = entries.find((entry) => entry.name === name);
  if (!found) throw new CliError(`context "${context}" names a ${kind} that is not in the kubeconfig: "${name}"`);
  return (found as unknown as Record<string, Body | undefined>)[kind] ?? {};
}

function textIn(body: Body, name: string): string | undefined {
  const value = body[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A PEM given as data or, failing that, as a file. */
async function dataIn(body: Body, name: string): Promise<string | undefined> {
  const data = textIn(body, `${name}-data`);
  if (data !== undefined) return Buffer.from(data, "base64").toString();
  const path = textIn(body, name);
  return path === undefined ? undefined : readOrExplain(path, name);
}

async function readOrExplain(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new CliError(`${what} of the kubeconfig cannot be read: ${(error as Error).message}`);
  }
}

type Proof = Pick<ClusterCredentials, "token" | "cert" | "key" | "headers">;

interface Asking {
  config: Kubeconfig;
  contextName: string;
  cluster: Body;
  caData: string | undefined;
  options: CredentialOptions;
}

async function prove(user: Body, asking: Asking): Promise<Proof> {
  if (user["auth-provider"] !== undefined) return proveByLibrary(asking);
  const [cert, key] = await Promise.all([dataIn(user, "client-certificate"), dataIn(user, "client-key")]);
  const pair = cert !== undefined && key !== undefined ? { cert, key } : {};
  const exec = user["exec"] as ExecBlock | undefined;
  if (exec) return { ...pair, ...(await proveByPlugin(exec, asking)) };
  const tokenFile = textIn(user, "tokenFile");
  if (tokenFile !== undefined) {
    // Such files rotate; a first look tells of a missing one by its name.
    await readOrExplain(tokenFile, "tokenFile");
    return { ...pair, token: async () => (await readOrExplain(tokenFile, "tokenFile")).trim() };
  }
  const token = textIn(user, "token");
  if (token !== undefined) return { ...pair, token };
  const [name, password] = [textIn(user, "username"), textIn(user, "password")];
  if (name === undefined || password === undefined) return pair;
  return { ...pair, headers: { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}` } };
}

/**
 * Runs the plugin now, and again for a token that has expired or was refused: once for all requests that ask meanwhile, or the
 * user would have to log in for each. A certificate stays for this call.
 */
async function proveByPlugin(exec: ExecBlock, asking: Asking): Promise<Proof> {
  const { options } = asking;
  const world = { env: options.env, canAsk: options.canAsk, cluster: describeCluster(asking) };
  let current: ExecCredential = await runExecPlugin(exec, world);
  let renewal: Promise<void> | undefined;
  const renew = async () => {
    current = await runExecPlugin(exec, world);
  };
  const token: TokenSource = async ({ fresh = false } = {}) => {
    if (fresh || (current.expires ?? Number.POSITIVE_INFINITY) <= options.now()) {
      renewal ??= renew().finally(() => {
        renewal = undefined;
      });
      await renewal;
    }
    return current.token;
  };
  const { cert, key } = current;
  return {
    ...(current.token === undefined ? {} : { token }),
    ...(cert !== undefined && key !== undefined ? { cert, key } : {}),
  };
}

const EXEC_EXTENSION = "client.authentication.k8s.io/exec";
const TOLD_FIELDS = ["server", "tls-server-name", "insecure-skip-tls-verify", "proxy-url", "disable-compression"];

/** The cluster as plugins are told of it (client-go's `ConfigToExecCluster`). */
function describeCluster({ cluster, caData }: Asking): Body {
  const extensions = (cluster["extensions"] ?? []) as readonly { name: string; extension: unknown }[];
  return {
    ...Object.fromEntries(TOLD_FIELDS.flatMap((field) => (cluster[field] ? [[field, cluster[field]]] : []))),
    ...(caData === undefined ? {} : { "certificate-authority-data": Buffer.from(caData).toString("base64") }),
    config: extensions.find(({ name }) => name === EXEC_EXTENSION)?.extension ?? null,
  };
}

async function proveByLibrary({ config, contextName }: Asking): Promise<Proof> {
  const { credentialsFromText } = await import("../../shared/kube/personal-kubeconfig.ts");
  const { token, cert, key, headers } = await credentialsFromText(JSON.stringify(config), contextName);
  return {
    ...(token === undefined ? {} : { token }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(headers === undefined ? {} : { headers }),
  };
}

/** As client-go sends them; flags replace the kubeconfig's user to act as, groups and uid with it. */
function impersonationHeaders(user: Body, flags: Impersonation): Record<string, string | readonly string[]> {
  const own = flags.user === undefined && flags.groups.length === 0 && flags.uid === undefined;
  const as = own ? textIn(user, "as") : flags.user;
  const groups = own ? ((user["as-groups"] ?? []) as readonly string[]) : flags.groups;
  const uid = own ? textIn(user, "as-uid") : flags.uid;
  const extra = own ? ((user["as-user-extra"] ?? {}) as Record<string, readonly string[]>) : {};
  if (as === undefined) {
    if (groups.length > 0 || uid !== undefined) throw new CliError("--as-group and --as-uid need --as");
    return {};
  }
  return {
    "Impersonate-User": as,
    ...(uid === undefined ? {} : { "Impersonate-Uid": uid }),
    ...(groups.length > 0 ? { "Impersonate-Group": groups } : {}),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [`Impersonate-Extra-${headerPart(key)}`, values]),
    ),
  };
}

/** Header names hold no slash: client-go writes such bytes as %xx. */
function headerPart(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9!#$&'*+.^_`|~-]/g, (byte) => encodeURIComponent(byte));
}
