import { type ChildProcess, execFile, type StdioOptions, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LAB_VARIABLE } from "./record.ts";

/** How a process ended: one of the two is not null. */
export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A process of the lab. Its standard output and error go to `logFile`. */
export interface LabProcess {
  name: string;
  pid: number;
  logFile: string;
  /** Resolves when the process has ended; never rejects. */
  exited: Promise<ProcessExit>;
  readonly running: boolean;
  /** Sends a signal (default SIGTERM) and returns at once; does nothing when the process has ended. */
  kill(signal?: NodeJS.Signals): void;
  /** The last lines (default 20) of the log, for error messages. */
  logTail(lines?: number): string;
}

/** Where and how a lab's processes are started. */
export interface ProcessRoom {
  labId: string;
  /** Folder for log files; created if absent. */
  logDir: string;
  /** Path-less name of the network namespace, or null for the caller's own. */
  namespace: string | null;
  /** Kept processes outlive the one that starts them; others are killed by the kernel when it ends. */
  keep: boolean;
}

/** Options of one process. */
export interface SpawnOptions {
  /** Added to (and overriding) the caller's environment. */
  env?: Record<string, string>;
  cwd?: string;
  /** Opens an IPC channel to a Node child. Default false. */
  ipc?: boolean;
}

let counter = 0;

/** The caller's environment with the folders of `ip` and `iptables` in PATH, which a root's PATH may lack (`su`). */
function commandEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` };
}

/** The command line that runs a command inside a network namespace (or here, when it is null). */
export function enterNamespace(namespace: string | null, command: string[]): string[] {
  return namespace === null ? command : ["nsenter", `--net=/run/netns/${namespace}`, ...command];
}

/**
 * Starts a process in a room. Returns once it has a pid; a command that cannot be executed shows as an exit code 127
 * or so and a line in the log. Throws when not even the wrapper can be started.
 */
export async function startProcess(
  room: ProcessRoom,
  name: string,
  command: string,
  args: string[],
  options: SpawnOptions = {},
): Promise<LabProcess & { child: ChildProcess }> {
  mkdirSync(room.logDir, { recursive: true });
  counter += 1;
  const logFile = join(room.logDir, `${name}-${counter}.log`);
  const guard = room.keep ? [] : ["setpriv", "--pdeathsig", "KILL"];
  const [file = command, ...rest] = enterNamespace(room.namespace, [...guard, command, ...args]);
  const log = openSync(logFile, "a");
  const stdio: StdioOptions = options.ipc ? ["ignore", log, log, "ipc"] : ["ignore", log, log];
  const env = { ...commandEnvironment(), ...options.env, [LAB_VARIABLE]: room.labId };
  const child = spawn(file, rest, { stdio, env, cwd: options.cwd ?? "/", detached: true });
  closeSync(log);
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", () => resolve({ code: 127, signal: null }));
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  if (room.keep) child.unref();
  return describeProcess(name, logFile, child, exited);
}

function describeProcess(name: string, logFile: string, child: ChildProcess, exited: Promise<ProcessExit>) {
  return {
    name,
    pid: child.pid ?? 0,
    logFile,
    exited,
    child,
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    kill: (signal: NodeJS.Signals = "SIGTERM") => void child.kill(signal),
    logTail: (lines = 20) => readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-lines).join("\n"),
  };
}

/** Outcome of a command that ran to its end. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command to its end and collects its output (up to 64 MiB). A non-zero code is a result, not an error. */
export function runCommand(
  command: string[],
  options: { stdin?: string; env?: Record<string, string>; cwd?: string } = {},
): Promise<CommandResult> {
  const [file = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const child = execFile(
      file,
      args,
      { env: { ...commandEnvironment(), ...options.env }, cwd: options.cwd, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== "number") reject(error);
        else resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
      },
    );
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.stdin ?? "");
  });
}

/** Runs a command that must succeed; returns its standard output. Throws with the command and its error output. */
export async function runOrThrow(...parameters: Parameters<typeof runCommand>): Promise<string> {
  const result = await runCommand(...parameters);
  if (result.code !== 0) {
    throw new Error(
      `${parameters[0].join(" ").slice(0, 300)} failed with code ${result.code}:\n${result.stderr || result.stdout}`,
    );
  }
  return result.stdout;
}
