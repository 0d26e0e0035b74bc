import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * The folder for everything the lab keeps between runs: built binaries and the records of running labs.
 * `$XDG_CACHE_HOME/kubectl-syndicate`, or `~/.cache/kubectl-syndicate` when that is unset or empty. Created if absent.
 */
export function cacheFolder(): string {
  const base = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const folder = join(base, "kubectl-syndicate");
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** The folder that holds one sub-folder per lab, named by the lab's id. Created if absent. */
export function labsFolder(): string {
  const folder = join(cacheFolder(), "labs");
  mkdirSync(folder, { recursive: true });
  return folder;
}
