/**
 * The serving certificate in a folder, kept up to date by the sync process. Whoever writes may do so file by file or by
 * swapping a link (`..data`); between two files, or on a damaged write, the last good pair stays in use.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { type FSWatcher, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** File names inside the folder, as in Secrets of type kubernetes.io/tls. */
const CERT_FILE = "tls.crt";
const KEY_FILE = "tls.key";

/** Milliseconds between looks where no file event came: events are not reliable on every file system. As certwatcher does. */
const POLL_MS = 10_000;
/** Milliseconds after an event before reading: key and certificate are written one after the other. */
const SETTLE_MS = 50;

/** A certificate chain and its key, both PEM, proven to belong together and to be valid now. */
export interface KeyPair {
  cert: string;
  key: string;
  notAfter: Date;
}

export interface CertificateOptions {
  folder: string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Called with every new good pair, the first included. May throw: the pair is then refused like a bad one. */
  onPair: (pair: KeyPair) => void;
  /** Called when what lies in the folder cannot be used, once per reason. */
  onProblem: (reason: string) => void;
  /** Default 10,000. */
  pollMs?: number;
}

export interface CertificateWatch {
  /** The pair in use; undefined until the first good one. */
  current(): KeyPair | undefined;
  /** Resolves with the first good pair. */
  first: Promise<KeyPair>;
  /** Reads the folder now. */
  check(): Promise<void>;
  stop(): void;
}

/** Reads the folder's pair. Throws with the reason if it is missing, damaged, mismatched, or not valid at `now`. */
export async function readKeyPair(folder: string, now: number): Promise<KeyPair> {
  // One after the other: of two missing files always the same one is named.
  const cert = await read(folder, CERT_FILE);
  const key = await read(folder, KEY_FILE);
  const leaf = attempt(`${CERT_FILE} is no PEM certificate`, () => new X509Certificate(cert));
  const privateKey = attempt(`${KEY_FILE} is no PEM private key`, () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(privateKey)) throw new Error(`${CERT_FILE} and ${KEY_FILE} do not belong together`);
  const [from, to] = [leaf.validFrom, leaf.validTo];
  if (Date.parse(from) > now) throw new Error(`the certificate is valid only from ${from}`);
  if (Date.parse(to) <= now) throw new Error(`the certificate ended at ${to}`);
  return { cert, key, notAfter: new Date(to) };
}

/** Watches the folder until `stop`. The folder need not exist yet. */
export function watchCertificate(options: CertificateOptions): CertificateWatch {
  const { folder, now, onPair, onProblem, pollMs = POLL_MS } = options;
  const first = Promise.withResolvers<KeyPair>();
  let current: KeyPair | undefined;
  let lastProblem: string | undefined;
  let watcher: FSWatcher | undefined;
  let settling: NodeJS.Timeout | undefined;

  const load = async () => {
    try {
      const pair = await readKeyPair(folder, now());
      if (current?.cert !== pair.cert || current.key !== pair.key) onPair(pair);
      lastProblem = undefined;
      current = pair;
      first.resolve(pair);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== lastProblem) onProblem(reason);
      lastProblem = reason;
    }
  };
  // One read at a time: two overlapping ones could finish in the wrong order and put an old pair back.
  let reading = Promise.resolve();
  const check = () => {
    reading = reading.then(load);
    return reading;
  };
  const onEvent = () => {
    clearTimeout(settling);
    settling = setTimeout(check, SETTLE_MS);
  };
  const listen = () => {
    watcher ??= openWatcher(folder, onEvent, () => {
      watcher = undefined;
    });
  };
  const poll = setInterval(() => {
    listen();
    void check();
  }, pollMs);
  listen();
  void check();
  return {
    current: () => current,
    first: first.promise,
    check,
    stop: () => {
      clearInterval(poll);
      clearTimeout(settling);
      watcher?.close();
    },
  };
}

/** A watcher on the folder; undefined while there is no such folder. `onGone` is called when it dies. */
function openWatcher(folder: string, onEvent: () => void, onGone: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, onEvent);
    watcher.on("error", () => {
      watcher.close();
      onGone();
    });
    return watcher;
  } catch {
    return undefined;
  }
}

async function read(folder: string, file: string): Promise<string> {
  try {
    return await readFile(join(folder, file), "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new Error(`${join(folder, file)} cannot be read (${code})`);
  }
}

/** Runs `action`; what it throws becomes `problem`, since OpenSSL's texts name neither file nor cure. */
function attempt<T>(problem: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new Error(problem, { cause: error });
  }
}
