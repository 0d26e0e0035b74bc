/** Flags and environment of the webhook, read once into one record. */

import { parseArgs } from "node:util";
import { isLabelValue } from "../shared/admission/label-syntax.ts";
import { SYNC_USER } from "../shared/keys.ts";

/** What the webhook is told at start. Flags beat the environment, the environment beats defaults. */
export interface WebhookConfig {
  /** `--cluster-name`, `CLUSTER_NAME`. Required: name of this cluster, as its peers know it. */
  clusterName: string;
  /** `--port`, `PORT`. Default 9443. */
  port: number;
  /** `--cert-dir`, `CERT_DIR`. Default `/certificates`; holds `tls.crt` and `tls.key`. */
  certDir: string;
  /** `--sync-port`, `SYNC_PORT`. Default 8081: where the sync process gives advice on localhost. */
  syncPort: number;
  /** `--sync-user`, `SYNC_USER`. Default `system:serviceaccount:syndicate-system:syndicate-sync`. */
  syncUser: string;
  /** `--union-selector`, `UNION_SELECTOR`. Default `strip`. */
  unionSelector: "strip" | "keep";
  /** `--log-level`, `LOG_LEVEL`. Default `info`. */
  logLevel: LogLevel;
}

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

export type ConfigResult = { ok: true; config: Readonly<WebhookConfig> } | { ok: false; problems: string[] };

const OPTIONS = {
  "cluster-name": { type: "string" },
  port: { type: "string" },
  "cert-dir": { type: "string" },
  "sync-port": { type: "string" },
  "sync-user": { type: "string" },
  "union-selector": { type: "string" },
  "log-level": { type: "string" },
} as const;

/** Reads arguments (without node and script) and environment. Every problem is reported, each naming flag and variable. */
export function readConfig(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): ConfigResult {
  const problems: string[] = [];
  const flags = readFlags(argv, problems);
  const text = (flag: keyof typeof OPTIONS) => flags[flag] ?? (env[variableOf(flag)]?.trim() || undefined);
  const config: WebhookConfig = {
    clusterName: text("cluster-name") ?? "",
    port: readPort("port", text("port"), 9443, problems),
    certDir: text("cert-dir") ?? "/certificates",
    syncPort: readPort("sync-port", text("sync-port"), 8081, problems),
    syncUser: text("sync-user") ?? SYNC_USER,
    unionSelector: readWord("union-selector", text("union-selector"), ["strip", "keep"], "strip", problems),
    logLevel: readWord("log-level", text("log-level"), LOG_LEVELS, "info", problems),
  };
  if (config.clusterName === "") {
    problems.push(`${nameOf("cluster-name")} is required: the name of this cluster, as its peers know it`);
  } else if (!isLabelValue(config.clusterName)) {
    problems.push(`${nameOf("cluster-name")} must be a valid label value of at most 63 characters`);
  }
  return problems.length ? { ok: false, problems } : { ok: true, config: Object.freeze(config) };
}

function readFlags(argv: readonly string[], problems: string[]): Partial<Record<keyof typeof OPTIONS, string>> {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    return {};
  }
}

function readPort(flag: keyof typeof OPTIONS, text: string | undefined, fallback: number, problems: string[]): number {
  if (text === undefined) return fallback;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65535) problems.push(`${nameOf(flag)} must be a port from 1 to 65535, not "${text}"`);
  return port;
}

function readWord<T extends string>(
  flag: keyof typeof OPTIONS,
  text: string | undefined,
  words: readonly T[],
  fallback: T,
  problems: string[],
): T {
  if (text === undefined) return fallback;
  const word = words.find((candidate) => candidate === text);
  if (!word) problems.push(`${nameOf(flag)} must be one of ${words.join(", ")}, not "${text}"`);
  return word ?? fallback;
}

function variableOf(flag: keyof typeof OPTIONS): string {
  return flag.replaceAll("-", "_").toUpperCase();
}

function nameOf(flag: keyof typeof OPTIONS): string {
  return `--${flag} (${variableOf(flag)})`;
}
