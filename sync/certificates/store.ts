/** Where certificates are kept: the port of the keeper, and its part in the file system. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KeyPair } from "./facts.ts";

/** A Secret as text by key; `version` is missing where there is no Secret. */
export interface StoredSecret {
  version?: string;
  data: ReadonlyMap<string, string>;
}

/** A webhook configuration that exists; `bundles` has the PEM text of each of its webhooks. */
export interface WebhookConfiguration {
  resource: "mutatingwebhookconfigurations" | "validatingwebhookconfigurations";
  webhooks: { name: string; bundle: string }[];
}

/** What the keeper needs of the world. Every method rejects when it could not be done. */
export interface CertificateStore {
  readSecret(): Promise<StoredSecret>;
  /** Replaces the data; rejects when the Secret is no longer at `version`, or exists although `version` is missing. */
  writeSecret(data: ReadonlyMap<string, string>, version: string | undefined): Promise<void>;
  readConfigurations(): Promise<WebhookConfiguration[]>;
  publishBundle(configuration: WebhookConfiguration, bundle: string): Promise<void>;
  readServed(): Promise<Partial<KeyPair>>;
  serve(leaf: KeyPair): Promise<void>;
}

const CERT_FILE = "tls.crt";
const KEY_FILE = "tls.key";

async function readIfExists(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function replaceFile(file: string, text: string, mode: number): Promise<void> {
  await writeFile(`${file}.new`, text, { mode });
  await rename(`${file}.new`, file);
}

/** Certificate and key in the folder shared with the webhook, as far as they exist. */
export async function readServed(folder: string): Promise<Partial<KeyPair>> {
  const [cert, key] = await Promise.all([readIfExists(join(folder, CERT_FILE)), readIfExists(join(folder, KEY_FILE))]);
  return { ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
}

/**
 * Writes `tls.key`, then `tls.crt`, each in one piece. Between the two the files do not fit each other; the webhook keeps
 * what it has until they do.
 */
export async function writeServed(folder: string, leaf: KeyPair): Promise<void> {
  await mkdir(folder, { recursive: true });
  await replaceFile(join(folder, KEY_FILE), leaf.key, 0o600);
  await replaceFile(join(folder, CERT_FILE), leaf.cert, 0o644);
}
