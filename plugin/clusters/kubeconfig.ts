/**
 * The user's kubeconfig files, merged as kubectl does: the first file that names something wins, missing files are ignored.
 * client-node refuses two files with one name between them, takes the last current-context, and runs an exec plugin's
 * relative path from the wrong folder.
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { parse } from "yaml";
import { CliError } from "../exit.ts";

export interface KubeconfigFile {
  path: string;
  text: string;
}

/** An entry of a kubeconfig's list. */
export interface Named {
  name: string;
}

export interface ContextEntry extends Named {
  context: { cluster: string; user: string; namespace?: string };
}

/** A kubeconfig with every path absolute. */
export interface Kubeconfig {
  "current-context": string;
  clusters: Named[];
  users: Named[];
  contexts: ContextEntry[];
}

/** The files named by `explicit`, else by `$KUBECONFIG`, else `~/.kube/config`. Throws `CliError` if none is there, or one cannot be read. */
export function readKubeconfigFiles(
  env: Readonly<Record<string, string | undefined>>,
  explicit?: string,
): KubeconfigFile[] {
  if (explicit !== undefined) return [{ path: explicit, text: readOrThrow(explicit) }];
  const listed = env["KUBECONFIG"]?.split(delimiter).filter(Boolean) ?? [];
  const paths = listed.length ? listed : [join(env["HOME"] || homedir(), ".kube", "config")];
  const files = paths.flatMap((path) => {
    try {
      return [{ path, text: readFileSync(path, "utf8") }];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw new CliError(`kubeconfig ${path} cannot be read: ${(error as Error).message}`);
    }
  });
  if (files.length > 0) return files;
  const whose = listed.length ? "KUBECONFIG names" : "looked for";
  throw new CliError(`there is no kubeconfig: ${whose} ${paths.join(", ")}`, { next: "kubectl config view" });
}

function readOrThrow(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CliError(`kubeconfig ${path} cannot be read: ${(error as Error).message}`);
  }
}

/** One kubeconfig out of many. Throws `CliError` for a file that is not YAML. */
export function mergeKubeconfigs(files: readonly KubeconfigFile[]): Kubeconfig {
  const merged: Kubeconfig = { "current-context": "", clusters: [], users: [], contexts: [] };
  for (const file of files) {
    const config = parseFile(file);
    const folder = dirname(resolve(file.path));
    merged["current-context"] ||= String(config["current-context"] ?? "");
    addNew(
      merged.clusters,
      entries(config["clusters"]).map((entry) => absolute(entry, "cluster", folder)),
    );
    addNew(
      merged.users,
      entries(config["users"]).map((entry) => absolute(entry, "user", folder)),
    );
    addNew(merged.contexts, entries(config["contexts"]).map(completed));
  }
  return merged;
}

function parseFile({ path, text }: KubeconfigFile): Record<string, unknown> {
  try {
    const found: unknown = parse(text) ?? {};
    if (typeof found === "object") return found as Record<string, unknown>;
    throw new Error("one value, not the fields of a kubeconfig");
  } catch (error) {
    // The parser's text goes on with the offending lines, which may hold a token.
    throw new CliError(`kubeconfig ${path} is not valid YAML: ${(error as Error).message.split("\n")[0]}`);
  }
}

function entries(value: unknown): Named[] {
  return Array.isArray(value) ? value.filter((entry): entry is Named => typeof entry?.name === "string") : [];
}

function addNew<T extends Named>(list: T[], more: readonly T[]): void {
  for (const entry of more) if (!list.some(({ name }) => name === entry.name)) list.push(entry);
}

/** A context without cluster and user is an error only for who uses it. */
function completed(entry: Named & Partial<ContextEntry>): ContextEntry {
  return { ...entry, context: { cluster: "", user: "", ...entry.context } };
}

const PATH_FIELDS = ["certificate-authority", "client-certificate", "client-key", "tokenFile"];

function absolute(entry: Named, kind: "cluster" | "user", folder: string): Named {
  const body = { ...(entry as unknown as Record<string, Record<string, unknown> | undefined>)[kind] };
  for (const field of PATH_FIELDS) {
    const path = body[field];
    if (typeof path === "string" && path !== "" && !isAbsolute(path)) body[field] = join(folder, path);
  }
  const exec = body["exec"] as { command?: string } | undefined;
  if (exec?.command && /[/\\]/.test(exec.command) && !isAbsolute(exec.command)) {
    body["exec"] = { ...exec, command: join(folder, exec.command) };
  }
  return { ...entry, [kind]: body } as Named;
}

/** The context of that name. Throws `CliError` naming those there are. */
export function findContext(config: Kubeconfig, name: string): ContextEntry {
  const found = config.contexts.find((context) => context.name === name);
  if (found) return found;
  const known = config.contexts.map((context) => context.name).join(", ") || "none";
  throw new CliError(`no context "${name}" in the kubeconfig; it has: ${known}`, {
    next: "kubectl config get-contexts",
  });
}
