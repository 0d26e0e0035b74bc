import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Import, readImports, readTexts, type Source, stripComments } from "./source-text.ts";

// The rules of docs/ and the contract between the rooms, checked on the sources themselves.

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const ROOMS = ["plugin", "webhook", "sync", "shared"];
const MAX_LINES = 250;
const ENTRY_FILES = /^((plugin|webhook|sync)\/main\.ts|plugin\/complete\.ts|build\.ts)$/;
const VAGUE_NAMES = /^(utils?|helpers?|misc|common|managers?|index|functions|stuff)$|(-|^)(utils?|helpers?|manager)$/;
const KEYS_FILE = "shared/keys.ts";
const KEY_PREFIXES =
  /vmware\.com~1|^(vmware\.com\/[Ss]yndicate|endpointslice\.kubernetes\.io\/|multicluster\.kubernetes\.io\/)/;
/** Pure: same input, same output. The kube adapter is the one part of shared that touches the world. */
const PURE = /^shared\/(?!kube\/(?!objects\.ts$))/;
const IMPURE_PACKAGES = /^(node:|@kubernetes\/|undici$|pino$|express$|prom-client$|node-forge$|yargs)/;
/** Functions of Node that depend on their arguments alone. */
const PURE_OF_NODE = ["hash", "isIP", "isIPv4", "isIPv6", "BlockList"];

function listFiles(folder: string): string[] {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return listFiles(path);
    return /\.(ts|cts|mts|js|mjs)$/.test(entry.name) ? [path] : [];
  });
}

function readSource(path: string): Source {
  const text = readFileSync(join(ROOT, path), "utf8");
  return { path, text, imports: readImports(text) };
}

const code = [...ROOMS.flatMap(listFiles), "build.ts"].map(readSource);
const tests = listFiles("test").map(readSource);

/** Path from the root of what an import names, or the package's name. */
function target(source: Source, { from }: Import): string {
  return from.startsWith(".") ? relative(ROOT, join(ROOT, dirname(source.path), from)) : from;
}

function room(path: string): string | undefined {
  return ROOMS.find((one) => path.startsWith(`${one}/`));
}

function assertNone(found: string[], whatToDo: string): void {
  assert.equal(found.length, 0, `\n${found.map((line) => `  ${line}`).join("\n")}\n→ ${whatToDo}`);
}

/** One line `file:line …` for each import that breaks a rule. */
function findImports(sources: Source[], isWrong: (source: Source, target: string, one: Import) => boolean): string[] {
  return sources.flatMap((source) =>
    source.imports
      .filter((one) => isWrong(source, target(source, one), one))
      .map((one) => `${source.path}:${one.line} imports ${one.from}`),
  );
}

test("rooms import shared and themselves, shared imports no room", () => {
  const wrong = findImports(code, (source, path) => {
    const [from, to] = [room(source.path), room(path)];
    return from !== undefined && to !== undefined && to !== "shared" && to !== from;
  });
  assertNone(wrong, "move what both need to shared/, or pass it in from main.ts");
});

test("sources import no tests", () => {
  assertNone(
    findImports(code, (_, path) => path.startsWith("test/")),
    "sources must run without test/; move the imported part to its room",
  );
});

test("relative imports name a file that exists, with its ending", () => {
  const files = new Set([...code, ...tests].map((source) => source.path));
  const wrong = findImports([...code, ...tests], (_, path, { from }) => {
    return from.startsWith(".") && /\.[cm]?[jt]s$|\/[^.]*$/.test(from) && !files.has(path);
  });
  assertNone(wrong, "write the path with .ts, as Node wants it");
});

// What plugin/delivery/ writes into the launchers reads process; that code is text there.
test("only entry files read process", () => {
  const found = code
    .filter((source) => !ENTRY_FILES.test(source.path) && !source.path.startsWith("plugin/delivery/"))
    .flatMap(({ path, text }) =>
      stripComments(text)
        .split("\n")
        .flatMap((line, i) =>
          /(?<![\w$.-])process\s*(\??\.[a-zA-Z]|\[)|[(,=:]\s*process\s*[),;}]|["']node:process["']/.test(line)
            ? [`${path}:${i + 1} ${line.trim()}`]
            : [],
        ),
    );
  assertNone(found, "take arguments, environment, signals and streams as parameters; main.ts passes them in");
});

test("keys are spelled in shared/keys.ts alone", () => {
  const found = code
    .filter(({ path }) => path !== KEYS_FILE)
    .flatMap(({ path, text }) => readTexts(text).map((one) => ({ path, ...one })))
    .filter(({ value }) => KEY_PREFIXES.test(value))
    .map(({ path, line, value }) => `${path}:${line} "${value}"`);
  assertNone(found, `import the constant from ${KEYS_FILE} (add it there if it is new)`);
});

test("the pure core imports nothing impure", () => {
  const pure = code.filter(({ path }) => PURE.test(path));
  assert.ok(pure.length > 5, "no pure files found: has shared/ moved?");
  const wrong = findImports(pure, (_, path, one) => {
    const harmless = one.names.length > 0 && one.names.every((name) => PURE_OF_NODE.includes(name));
    if (IMPURE_PACKAGES.test(path)) return !harmless;
    return path.startsWith("shared/kube/") && !PURE.test(path) && !one.typeOnly;
  });
  assertNone(wrong, "decide from values; read the world in sync/, webhook/, plugin/ or shared/kube/ and pass it in");
});

test("files are at most 250 lines", () => {
  const long = [...code, ...tests]
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ path, lines }) => `${path} has ${lines} lines`);
  assertNone(long, "split by what the parts decide; near 100 lines is best");
});

test("file names say what is in them", () => {
  const vague = [...code, ...tests]
    .map(({ path }) => path)
    .filter((path) => VAGUE_NAMES.test(basename(path).replace(/(\.test)?\.\w+$/, "")));
  assertNone(vague, "name the file after the one thing it holds");
});

/** Each cycle once, as the list of its files. */
function findCycles(sources: Source[]): string[] {
  const next = new Map(
    sources.map((one) => [one.path, one.imports.filter((each) => !each.typeOnly).map((each) => target(one, each))]),
  );
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) cycles.push([...trail.slice(at), path].join(" → "));
    if (at >= 0 || done.has(path)) return;
    for (const to of next.get(path) ?? []) visit(to, [...trail, path]);
    done.add(path);
  };
  for (const path of next.keys()) visit(path, []);
  return cycles;
}

test("no import cycles", () => {
  assertNone(findCycles([...code, ...tests]), "move what both files need into a third");
});
