/** Which contexts `status` looks at. Pure. */
import { findContext, type Kubeconfig } from "../clusters/kubeconfig.ts";
import type { Session } from "../clusters/session.ts";
import { CliError } from "../exit.ts";
import { listOf } from "../options.ts";

export interface ChosenContexts {
  names: string[];
  /** The user named them; if not, clusters without our sync process are left out without a word. */
  named: boolean;
}

/** By `--context`, `--contexts`, the environment, else every context, one for each server. Throws `CliError`. */
export function chooseContexts(
  config: Kubeconfig,
  flags: { context: string | undefined; contexts: string | undefined },
  env: Readonly<Record<string, string | undefined>>,
): ChosenContexts {
  if (flags.context && flags.contexts) throw new CliError("--context and --contexts exclude each other");
  const named = listOf(flags.context ?? flags.contexts ?? env["KUBECTL_SYNDICATE_CONTEXTS"]);
  for (const name of named) findContext(config, name);
  if (named.length) return { names: named, named: true };
  const byServer = Map.groupBy(config.contexts, ({ context }) => serverOf(config, context.cluster));
  const current = config["current-context"];
  const names = [...byServer.values()].map(
    (same) => (same.find(({ name }) => name === current) ?? same[0])?.name ?? "",
  );
  if (names.length === 0) throw new CliError("the kubeconfig has no contexts", { next: "kubectl config get-contexts" });
  return { names, named: false };
}

/** How the API server of a cluster entry is found: behind one URL several may stand. A text of its own for an entry without. */
export function serverOf(config: Kubeconfig, cluster: string): string {
  const entry = config.clusters.find(({ name }) => name === cluster) as
    | { cluster?: Record<string, unknown> }
    | undefined;
  const { server = `no server: ${cluster}`, "tls-server-name": name, "proxy-url": proxy } = entry?.cluster ?? {};
  return JSON.stringify([server, name, proxy]);
}

/** Of contexts nobody named, those count where syndicate is installed, and those that could not be asked. Throws `CliError`. */
export function takePart(sessions: readonly Session[]): Session[] {
  const found = sessions.filter(({ status }) => status.installed || !status.reachable);
  if (found.length > 0) return found;
  throw new CliError("syndicate is installed in no cluster of this kubeconfig", {
    next: "kubectl config get-contexts",
  });
}

/** The namespace of `--namespace`, else of the current context if it was chosen, else of the first one. */
export function chooseNamespace(config: Kubeconfig, names: readonly string[], flag: string | undefined): string {
  if (flag !== undefined) return flag;
  const current = config["current-context"];
  const name = names.includes(current) ? current : names[0];
  return config.contexts.find((context) => context.name === name)?.context.namespace || "default";
}
