/** `kubectl syndicate status [SERVICE]`. */
import { mergeKubeconfigs, readKubeconfigFiles } from "../clusters/kubeconfig.ts";
import { closeSessions, openSessions, type Session } from "../clusters/session.ts";
import type { Values } from "../command-line.ts";
import { CliError, EXIT, type ExitCode } from "../exit.ts";
import { type Io, tell } from "../io.ts";
import { type GlobalOptions, readGlobalOptions, textOf } from "../options.ts";
import { listDocument, renderDocument, serviceDocument } from "../render/document.ts";
import { choosePaint } from "../render/paint.ts";
import { noteOf, renderList, renderNotes, renderWide } from "../render/status-list.ts";
import { renderTree } from "../render/status-tree.ts";
import { collectService, collectServices } from "./collect.ts";
import { chooseContexts, chooseNamespace, takePart } from "./contexts.ts";
import type { StatusModel } from "./model.ts";

interface StatusOptions extends GlobalOptions {
  service: string | undefined;
  /** Undefined: all namespaces. */
  scope: string | undefined;
  /** Further flags of this call, for the command offered next. */
  contextFlags: string;
  output: string | undefined;
  headers: boolean;
  exitCode: boolean;
}

/** Prints the answer; exit 1 if a cluster did not answer, 2 with `--exit-code` if a Service is not in sync. */
export async function runStatus(values: Values, io: Io): Promise<ExitCode> {
  const globals = readGlobalOptions(values);
  const config = mergeKubeconfigs(readKubeconfigFiles(io.env, globals.kubeconfig));
  const flags = { context: textOf(values, "context"), contexts: textOf(values, "contexts") };
  const contexts = chooseContexts(config, flags, io.env);
  const service = textOf(values, "service");
  if (values["all-namespaces"] && service !== undefined) throw new CliError("name a Service or use -A, not both");
  const options: StatusOptions = {
    ...globals,
    service,
    scope: values["all-namespaces"] ? undefined : chooseNamespace(config, contexts.names, globals.namespace),
    contextFlags: contexts.named ? ` --contexts ${contexts.names.join(",")}` : "",
    output: textOf(values, "output"),
    headers: !values["no-headers"],
    exitCode: values["exit-code"] === true,
  };
  const opened = await openSessions(config, contexts.names, options, io);
  try {
    const sessions = contexts.named ? opened : takePart(opened);
    const model = await collect(sessions, options, io);
    print(model, options, io);
    return judgeExit(model, options);
  } finally {
    await closeSessions(opened);
  }
}

async function collect(sessions: readonly Session[], options: StatusOptions, io: Io): Promise<StatusModel> {
  const call = { deadlineMs: options.deadlineMs, signal: io.signal };
  const { service, scope } = options;
  if (service === undefined) return collectServices(sessions, scope, call, io.now());
  return collectService(sessions, { namespace: scope ?? "default", name: service }, call, io.now());
}

function print(model: StatusModel, options: StatusOptions, io: Io): void {
  const paint = choosePaint(io, io.stdout, options.color);
  const talk = choosePaint(io, io.stderr, options.color);
  const write = (lines: readonly string[]) => io.stdout.write(lines.map((line) => `${line}\n`).join(""));
  const { output, service, scope } = options;
  const [only] = model.services;
  if (service !== undefined && !only) {
    tell(io, ...model.clusters.flatMap((cluster) => noteOf(cluster, talk)));
    throw new CliError(`no cluster that answered has a Service ${scope}/${service}`, {
      next: `kubectl syndicate status -n ${scope}${options.contextFlags}`,
    });
  }
  if (output === "json" || output === "yaml") {
    const document = service !== undefined && only ? serviceDocument(model, only) : listDocument(model);
    io.stdout.write(renderDocument(document, output));
  } else if (output === "name") write(model.services.map(({ name }) => `service/${name}`));
  else if (output === "wide") write(renderWide(model, paint, options.headers));
  else if (service !== undefined && only) write(renderTree(only, paint));
  else if (model.services.length > 0) {
    write(renderList(model, paint, { headers: options.headers, namespaces: scope === undefined, now: io.now() }));
  }
  const none = scope === undefined ? "No Service takes part." : `No Service takes part in namespace ${scope}.`;
  if (model.services.length === 0) tell(io, none);
  tell(
    io,
    ...(service === undefined
      ? renderNotes(model, talk, options.contextFlags)
      : model.clusters.flatMap((cluster) => noteOf(cluster, talk))),
  );
}

function judgeExit(model: StatusModel, options: StatusOptions): ExitCode {
  if (model.clusters.some(({ reachable }) => !reachable)) return EXIT.error;
  return options.exitCode && model.services.some(({ inSync }) => !inSync) ? EXIT.badAnswer : EXIT.done;
}
