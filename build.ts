/**
 * Makes what ships. `node build.ts`: the bundles in dist/. `node build.ts binary`: the plugin as one executable for this
 * platform in dist/binary/. `node build.ts krew HOMEPAGE BASE-URL ARCHIVE…`: the manifest for krew on stdout, for archives
 * named `kubectl-syndicate_vX_OS_ARCH.tar.gz` that will lie below BASE-URL.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { buildBinary } from "./plugin/delivery/binary.ts";
import { bundleAll } from "./plugin/delivery/bundle.ts";
import { type Archive, renderKrewManifest } from "./plugin/delivery/krew.ts";
import { VERSION } from "./shared/version.ts";

const ROOT = dirname(fileURLToPath(import.meta.url));

function describeArchive(file: string, base: string): Archive {
  const [, os, arch] = /_([a-z]+)_([a-z0-9]+)\.(?:tar\.gz|zip)$/.exec(basename(file)) ?? [];
  if (!os || !arch) throw new Error(`${file}: the name must end in _OS_ARCH.tar.gz or .zip`);
  const sha256 = createHash("sha256").update(readFileSync(file)).digest("hex");
  return { os, arch, uri: `${base.replace(/\/+$/, "")}/${basename(file)}`, sha256 };
}

const [target = "bundles", homepage = "", base = "", ...archives] = process.argv.slice(2);
const makers: Readonly<Record<string, () => Promise<string> | string>> = {
  bundles: () => bundleAll(ROOT),
  binary: () => buildBinary(ROOT, process.execPath),
  krew: () =>
    renderKrewManifest({ version: VERSION, homepage, archives: archives.map((file) => describeArchive(file, base)) }),
};
const make = makers[target];
if (!make) throw new Error(`nothing is called ${target}: ${Object.keys(makers).join(", ")}`);
process.stdout.write(`${(await make()).trimEnd()}\n`);
