/** Bundles of the programs, so that what ships needs Node and nothing else. */
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";
import { VERSION } from "../../shared/version.ts";

const LEAST_NODE = [22, 19] as const;

interface Program {
  /** Source without `.ts`; the same path in dist/ starts the program. */
  entry: string;
  /** People or kubectl start it by its file name. */
  executable: boolean;
  /**
   * `esm`: chunks, of which only those are loaded that are needed. `cjs`: one file, which starts faster where all of it is
   * needed; the program must have no top-level await.
   */
  format: "esm" | "cjs";
}

const PROGRAMS: readonly Program[] = [
  { entry: "plugin/main", executable: true, format: "esm" },
  { entry: "plugin/complete", executable: true, format: "cjs" },
  { entry: "sync/main", executable: false, format: "esm" },
  { entry: "webhook/main", executable: false, format: "esm" },
];

// Static imports run before any statement of the importing file and fail on an old Node with a stack trace, so the check
// is a file of its own, in the language of old Nodes, which then imports the program. It is CommonJS, which starts faster:
// --version needs nothing else. The compile cache must be on before the program is imported.
function renderLauncher({ entry, executable, format }: Program): string {
  const [major, minor] = LEAST_NODE;
  const file = entry.slice(entry.lastIndexOf("/") + 1);
  // Without process.stdout, whose making takes a tenth of the start; nobody reading is no error.
  const print = `try { require("fs").writeSync(1, "${VERSION}\\n"); } catch (error) {}`;
  const version = `else if (process.argv.length === 3 && process.argv[2] === "--version") { ${print} }\n`;
  const [load, ending] = format === "esm" ? ["import", "mjs"] : ["require", "cjs"];
  return `${executable ? "#!/usr/bin/env node\n" : ""}var version = process.versions.node.split(".").map(Number);
if (version[0] < ${major} || (version[0] === ${major} && version[1] < ${minor})) {
  process.stderr.write("kubectl-syndicate needs Node >= ${major}.${minor}, this is " + process.versions.node + " (" + process.execPath + ").\\n");
  process.exit(1);
} ${entry === "plugin/main" ? version : ""}else {
  ${executable ? 'require("node:module").enableCompileCache();\n  ' : ""}${load}("./${file}.program.${ending}");
}
`;
}

// CommonJS packages in an ES module bundle call require for Node's own modules.
const BANNER = `import { createRequire as createRequireHere } from "node:module";
const require = createRequireHere(import.meta.url);`;

/**
 * Node's own modules are required, not imported: importing one makes all that it exports, which for `node:http` is a second undici,
 * and takes a seventh of the time until a program runs.
 */
const REQUIRE_BUILTINS: Plugin = {
  name: "require-builtins",
  setup({ onResolve, onLoad }) {
    const namespace = "builtin";
    onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === "import-statement" ? { path, namespace } : undefined,
    );
    onLoad({ filter: /^/, namespace }, ({ path }) => ({ contents: `module.exports = require("${path}");` }));
  },
};

/** Builds the programs of one room and one format; chunks can be shared among these. */
async function bundle(root: string, room: string, format: Program["format"]): Promise<Metafile[]> {
  const entries = PROGRAMS.filter((program) => dirname(program.entry) === room && program.format === format);
  if (entries.length === 0) return [];
  const banner = { js: BANNER };
  const modules = { splitting: true, chunkNames: "chunks/[name]-[hash]", banner, plugins: [REQUIRE_BUILTINS] };
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: entries.map(({ entry }) => ({ in: `${entry}.ts`, out: `${entry.slice(room.length + 1)}.program` })),
    outdir: join(root, "dist", room),
    outExtension: { ".js": format === "esm" ? ".mjs" : ".cjs" },
    bundle: true,
    format,
    ...(format === "esm" ? modules : {}),
    platform: "node",
    target: "node22",
    // Names stay: stack traces in bug reports must be readable.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "eof",
    metafile: true,
    logLevel: "warning",
  });
  return [metafile];
}

/** Folders of the packages whose code is in the bundles. */
function listPackages(metafiles: readonly Metafile[]): string[] {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs));
  const folders = inputs.flatMap((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []);
  return [...new Set(folders)].sort();
}

async function renderLicence(root: string, folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
  const files = (await readdir(join(root, folder))).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(root, folder, file), "utf8")));
  return [`${name} ${version} (${license ?? "see below"})`, ...texts.map((text) => text.trim())].join("\n\n");
}

/** The licences of all packages inside the bundles, as one text. */
export async function renderLicences(root: string, metafiles: readonly Metafile[]): Promise<string> {
  const licences = await Promise.all(listPackages(metafiles).map((folder) => renderLicence(root, folder)));
  return `${licences.join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

/** Empties `dist/` below `root` and builds all programs into it; resolves with one line about the result. */
export async function bundleAll(root: string): Promise<string> {
  const dist = join(root, "dist");
  await rm(dist, { recursive: true, force: true });
  const rooms = [...new Set(PROGRAMS.map(({ entry }) => dirname(entry)))];
  const formats = ["esm", "cjs"] as const;
  const built = await Promise.all(rooms.flatMap((room) => formats.map((format) => bundle(root, room, format))));
  const metafiles = built.flat();
  for (const program of PROGRAMS) {
    const file = join(dist, `${program.entry}.js`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, renderLauncher(program));
    if (program.executable) await chmod(file, 0o755);
  }
  // The package above says "module", the image has none: this one says what launchers are.
  await writeFile(join(dist, "package.json"), '{ "type": "commonjs" }\n');
  await writeFile(join(dist, "THIRD-PARTY-LICENSES.txt"), await renderLicences(root, metafiles));
  const outputs = metafiles.flatMap((metafile) => Object.values(metafile.outputs));
  const size = outputs.reduce((sum, { bytes }) => sum + bytes, 0);
  return `dist/: ${PROGRAMS.length} programs, ${outputs.length} files, ${Math.round(size / 1024)} KiB`;
}
