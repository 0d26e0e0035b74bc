/** Opens the clusters a command looks at or writes to, runs it, and closes them again. */
import type { CallOptions, KubeClient } from "../../shared/kube/client.ts";
import type { Values } from "../command-line.ts";
import { CliError } from "../exit.ts";
import type { Io } from "../io.ts";
import { type GlobalOptions, readGlobalOptions, textOf } from "../options.ts";
import { shellWord } from "../shell-word.ts";
import { chooseContexts, chooseNamespace, serverOf, takePart } from "../status/contexts.ts";
import { findContext, type Kubeconfig, mergeKubeconfigs, readKubeconfigFiles } from "./kubeconfig.ts";
import { closeSessions, openEach, openSessions, type Session, withoutTwins } from "./session.ts";

/** What a command was given to look at. */
export interface Look {
  options: GlobalOptions;
  config: Kubeconfig;
  sessions: readonly Session[];
  namespace: string;
  call: CallOptions;
  /** ` --contexts a,b` as the user named them, for commands offered next; empty if nobody did. */
  contextFlags: string;
}

/** Every cluster of `--context` and `--contexts`, as `status` chooses them. */
export async function withClusters<T>(values: Values, io: Io, run: (look: Look) => Promise<T>): Promise<T> {
  const options = readGlobalOptions(values);
  const config = mergeKubeconfigs(readKubeconfigFiles(io.env, options.kubeconfig));
  const flags = { context: textOf(values, "context"), contexts: textOf(values, "contexts") };
  const { names, named } = chooseContexts(config, flags, io.env);
  const opened = await (named ? openSessions : openEach)(config, names, options, io);
  try {
    return await run({
      options,
      config,
      sessions: named ? opened : takePart(withoutTwins(opened)),
      namespace: chooseNamespace(config, names, options.namespace),
      call: { deadlineMs: options.deadlineMs, signal: io.signal },
      contextFlags: named ? ` --contexts ${shellWord(names.join(","))}` : "",
    });
  } finally {
    await closeSessions(opened);
  }
}

/** One cluster to write to, and the others that may have to do with it. */
export interface Aim extends Look {
  target: Session;
  others: readonly Session[];
  client: KubeClient;
}

/**
 * The cluster of `--context`, by default the current one, and the others of `contexts`. Throws `CliError` if the target does
 * not answer; of the others, those without syndicate are left out unless they were named.
 */
export async function withTarget<T>(
  values: Values,
  io: Io,
  contexts: string | undefined | "none",
  run: (aim: Aim) => Promise<T>,
): Promise<T> {
  const options = readGlobalOptions(values);
  const config = mergeKubeconfigs(readKubeconfigFiles(io.env, options.kubeconfig));
  const context = chooseTarget(config, textOf(values, "context"));
  const beside = contexts === "none" ? undefined : chooseContexts(config, { context: undefined, contexts }, io.env);
  const server = (name: string) => serverOf(config, findContext(config, name).context.cluster);
  // Whom the user named is looked at in any case, and tells by its uid whether it is the target.
  const isOther = (name: string) => name !== context && (beside?.named || server(name) !== server(context));
  const names = (beside?.names ?? []).filter(isOther);
  const opened = await openEach(config, [context, ...names], options, io);
  try {
    const sessions = withoutTwins(opened);
    const [target, ...others] = sessions;
    if (!target?.access || !target.status.reachable) {
      throw new CliError(`context ${context} ${target?.status.server ?? ""}: ${target?.status.problem}`);
    }
    return await run({
      options,
      config,
      sessions,
      target,
      others: others.filter(({ status }) => beside?.named || status.installed || !status.reachable),
      client: target.access.client,
      namespace: chooseNamespace(config, [context], options.namespace),
      call: { deadlineMs: options.deadlineMs, signal: io.signal },
      contextFlags: beside?.named ? ` --contexts ${shellWord(names.join(","))}` : "",
    });
  } finally {
    await closeSessions(opened);
  }
}

/** The context to write to. Throws `CliError` if it is not in the kubeconfig. */
export function chooseTarget(config: Kubeconfig, flag: string | undefined): string {
  const context = flag ?? config["current-context"];
  if (context === "") throw new CliError("no current context; name one with --context");
  return findContext(config, context).name;
}
