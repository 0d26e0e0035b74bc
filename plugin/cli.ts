/** `kubectl syndicate` as a function: words and a world in, an exit code out. */
import { ApiError, classifyError } from "../shared/kube/api-error.ts";
import { type Parsed, parseCommandLine, type Values } from "./command-line.ts";
import { CliError, EXIT, type ExitCode, stopCode } from "./exit.ts";
import { type Io, tell } from "./io.ts";
import { shellWord } from "./shell-word.ts";

export type Command = (values: Values, io: Io) => Promise<ExitCode>;

/** One module per verb, loaded only when it is called: help and mistakes must not cost the Kubernetes client's start-up. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  status: async () => (await import("./status/command.ts")).runStatus,
  migrate: async () => (await import("./migrate/command.ts")).runMigrate,
  "migrate resume": async () => (await import("./migrate/recall-command.ts")).recallCommand("resume"),
  "migrate rollback": async () => (await import("./migrate/recall-command.ts")).recallCommand("rollback"),
  "migrate abort": async () => (await import("./migrate/recall-command.ts")).recallCommand("abort"),
  set: async () => (await import("./set/command.ts")).runSet,
  diff: async () => (await import("./diff/command.ts")).runDiff,
  events: async () => (await import("./events/command.ts")).runEvents,
  trace: async () => (await import("./trace/command.ts")).runTrace,
  version: async () => (await import("./version/command.ts")).runVersion,
  completion: async () => (await import("./completion/command.ts")).runCompletion,
  options: async () => (await import("./flag-list.ts")).runOptions,
  check: async () => (await import("./check/command.ts")).runCheck,
  install: async () => (await import("./install/command.ts")).runInstall,
  uninstall: async () => (await import("./uninstall/command.ts")).runUninstall,
  link: async () => (await import("./link/command.ts")).runLink,
  unlink: async () => (await import("./link/unlink.ts")).runUnlink,
  forget: async () => (await import("./forget/command.ts")).runForget,
  links: async () => (await import("./link/list.ts")).runLinks,
};

/** They change nothing, so that they may end anywhere. */
const READING: readonly string[] = [
  "status",
  "diff",
  "events",
  "trace",
  "version",
  "completion",
  "options",
  "check",
  "links",
];

/** Runs one command line and resolves with its exit code. Never rejects: what goes wrong is told on stderr. */
export async function run(argv: readonly string[], io: Io, commands = COMMANDS): Promise<ExitCode> {
  try {
    return await dispatch(await parseCommandLine(argv, io.stdout.columns), io, commands);
  } catch (error) {
    return explain(error, io);
  }
}

async function dispatch(parsed: Parsed, io: Io, commands: typeof COMMANDS): Promise<ExitCode> {
  switch (parsed.kind) {
    case "text":
      io.stdout.write(`${parsed.text}\n`);
      return EXIT.done;
    case "mistake": {
      const help = `kubectl syndicate ${parsed.verb === undefined ? "" : `${parsed.verb} `}--help`;
      tell(io, `error: ${parsed.message}`, `See: ${help}`);
      return EXIT.error;
    }
    case "run": {
      const command = await commands[parsed.verb]?.();
      if (!command) throw new Error(`no command ${parsed.verb}`);
      if (!READING.includes(parsed.verb)) io.outliveReader();
      const code = await command(parsed.values, io);
      // Half an answer, because its user did not wait for the whole.
      return code === EXIT.error && io.signal.aborted ? stopCode(io) : code;
    }
  }
}

function explain(error: unknown, io: Io): ExitCode {
  if (io.signal.aborted && classifyError(error) === "unavailable") {
    tell(io, "Stopped.");
    return stopCode(io);
  }
  if (error instanceof CliError) {
    tell(io, `error: ${error.message}`, ...(error.next === undefined ? [] : [`next:  ${error.next}`]));
    return error.code;
  }
  // Errors of the Kubernetes client say cluster, path and cause themselves; anything else is a fault of ours.
  if (error instanceof ApiError) {
    const next = findNext(error);
    tell(io, `error: ${error.message}`, ...(next === undefined ? [] : [`next:  ${next}`]));
  } else tell(io, `error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return EXIT.error;
}

/** What helps against an answer that only a person can do something about; a client of ours bears its context's name. */
function findNext(error: ApiError): string | undefined {
  switch (classifyError(error)) {
    case "forbidden":
      return `kubectl --context ${shellWord(error.cluster)} auth can-i --list`;
    case "unauthorized":
      return `log in again, until this works: kubectl --context ${shellWord(error.cluster)} version`;
    case "unavailable":
      return `kubectl --context ${shellWord(error.cluster)} version`;
    default:
      return undefined;
  }
}
