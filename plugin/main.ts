/** Entry of `kubectl syndicate`: gives the command the real world and hands its exit code to the shell. */
import { writeSync } from "node:fs";
import { systemClock } from "../shared/kube/clock.ts";
import { VERSION } from "../shared/version.ts";
import type { Output } from "./io.ts";

const stop = new AbortController();
/** Cleared by a command that writes to clusters. */
let endsWithReader = true;

function obeySignals(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // The second one is meant: the first is being answered by finishing the write under way.
      if (stop.signal.aborted) process.exit(signal === "SIGINT" ? 130 : 143);
      stop.abort(signal);
    });
  }
}

function output(stream: NodeJS.WriteStream): Output {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") process.exit(1);
    // `kubectl syndicate status | head -1` has its answer. Talk that nobody reads any more must not end what is half done.
    if (stream === process.stdout && endsWithReader) process.exit(process.exitCode ?? 0);
  });
  return {
    write: (text) => void stream.write(text),
    isTTY: stream.isTTY === true,
    // The window may change its size at any time.
    get columns() {
      // A terminal without a size says 0.
      return stream.columns || 80;
    },
    get rows() {
      return stream.rows || undefined;
    },
  };
}

async function ask(question: string): Promise<string | undefined> {
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<undefined>((resolve) => lines.once("close", () => resolve(undefined)));
  // readline takes Ctrl-C for itself while it reads.
  lines.on("SIGINT", () => stop.abort("SIGINT"));
  try {
    return await Promise.race([lines.question(question, { signal: stop.signal }).catch(() => undefined), ended]);
  } finally {
    lines.close();
  }
}

async function start(argv: readonly string[]): Promise<void> {
  obeySignals();
  const { run } = await import("./cli.ts");
  process.exitCode = await run(argv, {
    env: process.env,
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
    ask,
    input: () => process.stdin,
    signal: stop.signal,
    outliveReader: () => {
      endsWithReader = false;
    },
    clock: systemClock,
    now: Date.now,
  });
}

async function complete(words: readonly string[]): Promise<void> {
  const { writeCandidates } = await import("./completion/answer.ts");
  process.stdout.write(await writeCandidates(words, process.env));
}

/** Without process.stdout, whose making takes a tenth of the start. */
function printVersion(): void {
  try {
    writeSync(1, `${VERSION}\n`);
  } catch {
    // Nobody reads it.
  }
}

const [first, ...rest] = process.argv.slice(2);
// kubectl looks for completion under a name of its own; the executable has it as a link, others as a script around `__complete`.
const asked = /kubectl_complete-syndicate[^/\\]*$/.test(process.argv0);
if (asked) void complete(process.argv.slice(2));
else if (first === "__complete") void complete(rest);
else if (first === "--version" && rest.length === 0) printVersion();
else void start(process.argv.slice(2));
