import { existsSync } from "node:fs";
import { delimiter } from "node:path";
import { runCommand, runOrThrow } from "../process.ts";
import { withBuildLock } from "./build-lock.ts";
import { findIn } from "./executable.ts";
import type { Log } from "./progress.ts";

// Tools by the Debian package that has them.
const NETWORK_TOOLS = { ip: "iproute2", iptables: "iptables", nsenter: "util-linux", setpriv: "util-linux" };

function missingPackages(env: NodeJS.ProcessEnv): string[] {
  // An ordinary user's PATH often lacks the sbin folders, though the tools are there.
  const folders = [...(env["PATH"] ?? "").split(delimiter).filter(Boolean), "/usr/sbin", "/sbin"];
  const missing = Object.entries(NETWORK_TOOLS).filter(([tool]) => findIn(folders, tool) === undefined);
  return [...new Set(missing.map(([, name]) => name))];
}

/**
 * Makes sure that the tools for network namespaces are there. As root on a Debian system the missing packages are
 * installed (none of them starts a service); elsewhere it throws with the command to run.
 */
export async function ensureNetworkTools(log: Log, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  if (missingPackages(env).length === 0) return;
  await withBuildLock(log, async () => {
    const packages = missingPackages(env);
    if (packages.length === 0) return;
    const install = ["apt-get", "install", "-y", "--no-install-recommends", ...packages];
    if (process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) {
      throw new Error(`the lab needs ${packages.join(", ")}. Run: sudo ${install.join(" ")}`);
    }
    log(`installing ${packages.join(", ")}`);
    const quiet = { env: { DEBIAN_FRONTEND: "noninteractive" } };
    const wait = ["-o", "DPkg::Lock::Timeout=300"];
    // An update that fails on one of several lists may still have brought the one that is needed.
    const update = await runCommand(["apt-get", "update", ...wait], quiet);
    if (update.code !== 0) log(`apt-get update: ${update.stderr.trim()}`);
    await runOrThrow([...install, ...wait], quiet);
  });
}
