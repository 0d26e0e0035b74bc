import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { runOrThrow } from "../process.ts";
import { type Log, Progress } from "./progress.ts";

const ROOT = "k8s.io/kubernetes";
/** Where the sources must be in the work folder: GOPATH mode finds packages by their place. */
export const SOURCES_IN_GOPATH = `gopath/src/${ROOT}`;

const OPENAPI = "pkg/generated/openapi";
const OPENAPI_FILE = "zz_generated.openapi.go";

/** Where a build happens. */
export interface GoWorkspace {
  /** Unpacked Kubernetes sources, inside `work` at `SOURCES_IN_GOPATH`. */
  sources: string;
  /** GOROOT. */
  goRoot: string;
  /** Folder for GOPATH and Go's build cache, which makes an interrupted build go on. */
  work: string;
}

// GOPATH mode, as the vendored tree of 1.20 wants it; without cgo no C compiler is needed.
function goEnvironment({ goRoot, work }: GoWorkspace): Record<string, string> {
  return {
    GOROOT: goRoot,
    GOPATH: join(work, "gopath"),
    GOCACHE: join(work, "go-cache"),
    GO111MODULE: "off",
    GOPROXY: "off",
    GOFLAGS: "",
    GOTOOLCHAIN: "local",
    CGO_ENABLED: "0",
  };
}

/** Folders, relative to the sources, with a Go file that asks for an OpenAPI definition. */
function openapiFolders(sources: string, folder: string): string[] {
  const entries = readdirSync(join(sources, folder), { withFileTypes: true });
  const here = entries.some(
    (entry) =>
      entry.isFile() &&
      entry.name.endsWith(".go") &&
      readFileSync(join(sources, folder, entry.name), "utf8").includes("+k8s:openapi-gen="),
  );
  const below = entries
    .filter((entry) => entry.isDirectory() && entry.name !== "testdata")
    .flatMap((entry) => openapiFolders(sources, join(folder, entry.name)));
  return here ? [folder, ...below] : below;
}

function openapiRoots(sources: string): string[] {
  // Links from vendor/ to staging/; a folder walk does not follow them by itself.
  const staged = readdirSync(join(sources, "vendor/k8s.io"), { withFileTypes: true })
    .filter((entry) => entry.isSymbolicLink())
    .filter((entry) => !["code-generator", "sample-apiserver"].includes(entry.name))
    .map((entry) => `vendor/k8s.io/${entry.name}`);
  return ["pkg", "cmd", "plugin", "vendor", ...staged];
}

/** Generates the API definitions that the source package leaves out and kube-apiserver needs. */
export async function generateOpenapi(workspace: GoWorkspace): Promise<void> {
  const { sources, work } = workspace;
  const target = join(sources, OPENAPI, OPENAPI_FILE);
  if (existsSync(target)) return;
  const env = goEnvironment(workspace);
  const cwd = workspace.sources;
  const generator = join(work, "openapi-gen");
  const generatorPackage = `${ROOT}/vendor/k8s.io/kube-openapi/cmd/openapi-gen`;
  await runOrThrow([join(workspace.goRoot, "bin/go"), "build", "-o", generator, generatorPackage], { env, cwd });
  const folders = openapiRoots(sources).flatMap((root) => openapiFolders(sources, root));
  const output = join(work, "openapi");
  rmSync(output, { recursive: true, force: true });
  const inputs = [...new Set(folders)].sort().map((folder) => `${ROOT}/${folder}`);
  await runOrThrow(
    [
      generator,
      "--logtostderr",
      ...["--input-dirs", inputs.join(",")],
      ...["--output-package", `${ROOT}/${OPENAPI}`],
      ...["--output-file-base", OPENAPI_FILE.replace(/\.go$/, "")],
      ...["--go-header-file", join(sources, "hack/boilerplate/boilerplate.generatego.txt")],
      ...["--report-filename", join(work, "openapi-violations")],
      ...["--output-base", output],
    ],
    { env, cwd },
  );
  renameSync(join(output, ROOT, OPENAPI, OPENAPI_FILE), target);
}

function linkerFlags(version: string): string {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  const settings = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: "archive" };
  const flags = ["component-base/version", "client-go/pkg/version"].flatMap((target) =>
    Object.entries(settings).map(([key, value]) => `-X ${ROOT}/vendor/k8s.io/${target}.${key}=${value}`),
  );
  return ["-s -w", ...flags].join(" ");
}

/** Builds programs of Kubernetes into a folder. Throws with the compiler's last lines. */
export async function buildPrograms(
  workspace: GoWorkspace,
  names: string[],
  version: string,
  folder: string,
  log: Log,
): Promise<void> {
  const env = goEnvironment(workspace);
  const cwd = workspace.sources;
  const go = join(workspace.goRoot, "bin/go");
  const packages = names.map((name) => `${ROOT}/cmd/${name}`);
  const total = (await runOrThrow([go, "list", "-deps", ...packages], { env, cwd })).split("\n").length;
  mkdirSync(folder, { recursive: true });
  // -v names each package as it is compiled: that is the progress.
  const args = ["build", "-v", "-o", `${folder}/`, "-ldflags", linkerFlags(version), ...packages];
  const child = spawn("setpriv", ["--pdeathsig", "KILL", go, ...args], {
    env: { ...process.env, ...env },
    cwd,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = once(child, "exit");
  const progress = new Progress(`building Kubernetes ${version}`, log);
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    progress.update(lines.length / total);
  }
  progress.end();
  const [code] = await exited;
  if (code !== 0) throw new Error(`go build failed with code ${code}:\n${lines.slice(-20).join("\n")}`);
}
