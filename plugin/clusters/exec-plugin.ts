/**
 * Credential plugins of a kubeconfig (`users[].user.exec`), as kubectl runs them: told about the cluster, with the user's
 * terminal, and their stderr seen while they run: "open this page to log in" must not look like a hang.
 * Protocol: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
import { spawn } from "node:child_process";
import { CliError } from "../exit.ts";

/** The `exec` block. */
export interface ExecBlock {
  apiVersion?: string;
  command: string;
  args?: readonly string[] | null;
  env?: readonly { name: string; value: string }[] | null;
  installHint?: string;
  provideClusterInfo?: boolean;
  /** Default `IfAvailable`. */
  interactiveMode?: "Never" | "IfAvailable" | "Always";
}

/** What a plugin printed. */
export interface ExecCredential {
  token?: string;
  cert?: string;
  key?: string;
  /** Milliseconds since 1970; absent: valid until it is refused. */
  expires?: number;
}

export interface ExecWorld {
  env: Readonly<Record<string, string | undefined>>;
  /** A person is at the terminal. */
  canAsk: boolean;
  /** Passed on where the block asks for it: the cluster's entry of the kubeconfig, certificate authority as data. */
  cluster: Readonly<Record<string, unknown>>;
}

/** Runs the plugin. Throws `CliError` if it is missing, fails, needs a terminal and has none, or prints no credential. */
export async function runExecPlugin(block: ExecBlock, world: ExecWorld): Promise<ExecCredential> {
  const mode = block.interactiveMode ?? "IfAvailable";
  if (mode === "Always" && !world.canAsk) {
    throw new CliError(
      `${block.command} of the kubeconfig needs a terminal (interactiveMode: Always) and there is none`,
    );
  }
  const interactive = world.canAsk && mode !== "Never";
  const info = {
    kind: "ExecCredential",
    apiVersion: block.apiVersion,
    spec: { interactive, ...(block.provideClusterInfo ? { cluster: world.cluster } : {}) },
  };
  const env = { ...world.env, ...Object.fromEntries((block.env ?? []).map(({ name, value }) => [name, value])) };
  const printed = await collect(block, { ...env, KUBERNETES_EXEC_INFO: `${JSON.stringify(info)}\n` }, interactive);
  return parseCredential(printed, block.command);
}

function collect(
  { command, args, installHint }: ExecBlock,
  env: Record<string, string | undefined>,
  interactive: boolean,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args ?? [], { env, stdio: [interactive ? "inherit" : "ignore", "pipe", "inherit"] });
    let printed = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
    const hint = installHint ? `\n${installHint.trim()}` : "";
    child.on("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "ENOENT" ? "is not installed" : `cannot be started: ${error.message}`;
      reject(new CliError(`the credential plugin ${command} of the kubeconfig ${why}${hint}`, { cause: error }));
    });
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(printed);
      const how = code === null ? `was ended by ${signal}` : `failed with exit code ${code}`;
      reject(new CliError(`the credential plugin ${command} of the kubeconfig ${how}${hint}`));
    });
  });
}

/** What a plugin printed, without quoting it in any error: it may be a secret. */
function parseCredential(printed: string, command: string): ExecCredential {
  let status: Record<string, unknown> | undefined;
  try {
    status = (JSON.parse(printed) as { status?: Record<string, unknown> }).status;
  } catch {
    throw new CliError(`the credential plugin ${command} of the kubeconfig printed no JSON`);
  }
  const text = (name: string) =>
    typeof status?.[name] === "string" && status[name] ? String(status[name]) : undefined;
  const [token, cert, key] = [text("token"), text("clientCertificateData"), text("clientKeyData")];
  if (token === undefined && cert === undefined) {
    throw new CliError(
      `the credential plugin ${command} of the kubeconfig printed neither token nor client certificate`,
    );
  }
  const expires = Date.parse(text("expirationTimestamp") ?? "");
  return {
    ...(token === undefined ? {} : { token }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(Number.isNaN(expires) ? {} : { expires }),
  };
}
