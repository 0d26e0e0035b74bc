/**
 * The plugin as one executable that needs no Node: Node's own "single executable application" with V8's code cache inside.
 * The code cache belongs to one version of V8 on one platform, so each platform builds its own.
 * https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html
 */
import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { inject } from "postject";
import { renderLicences } from "./bundle.ts";

/** Node looks for this mark in itself to learn that a program is inside. */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

/** Builds `dist/binary/` below `root` out of the Node at `node`; resolves with one line about the result. */
export async function buildBinary(root: string, node: string): Promise<string> {
  const folder = join(root, "dist", "binary");
  const work = join(root, "dist", "binary-parts");
  await Promise.all([folder, work].map((path) => mkdir(path, { recursive: true })));
  const [main, output] = [join(work, "main.cjs"), join(work, "main.blob")];
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["plugin/main.ts"],
    outfile: main,
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node24",
    // Packages ask where they are, to find files beside them that nobody needs.
    define: { "import.meta.url": "placeOfExecutable" },
    banner: { js: 'const placeOfExecutable = require("node:url").pathToFileURL(process.execPath).href;' },
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  const config = join(work, "sea-config.json");
  await writeFile(config, JSON.stringify({ main, output, disableExperimentalSEAWarning: true, useCodeCache: true }));
  await promisify(execFile)(node, ["--experimental-sea-config", config]);
  const file = join(folder, "kubectl-syndicate");
  await copyFile(node, file);
  await chmod(file, 0o755);
  await inject(file, "NODE_SEA_BLOB", await readFile(output), { sentinelFuse: FUSE, machoSegmentName: "NODE_SEA" });
  await symlink("kubectl-syndicate", join(folder, "kubectl_complete-syndicate")).catch(ignoreExisting);
  await writeFile(join(folder, "THIRD-PARTY-LICENSES.txt"), await renderLicences(root, [metafile]));
  await copyFile(join(root, "LICENSE"), join(folder, "LICENSE"));
  return `${file}: ${Math.round((await stat(file)).size / 2 ** 20)} MiB`;
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
