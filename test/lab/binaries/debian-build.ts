import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../folders.ts";
import { runOrThrow } from "../process.ts";
import { AptSource } from "./apt-source.ts";
import { withBuildLock } from "./build-lock.ts";
import { buildPrograms, type GoWorkspace, generateOpenapi, SOURCES_IN_GOPATH } from "./go-build.ts";
import type { Log } from "./progress.ts";
import { fixMapIteration } from "./source-fix.ts";

// Raise it with each change of what is built, and every cache is filled anew. Servers of earlier recipes stay: labs may
// run from them.
const RECIPE = 2;

/** Folder of the built servers, inside the cache folder. */
export const SERVER_FOLDER = `kubernetes-debian-${RECIPE}`;
/** Folder of etcd from Debian's package, inside the cache folder. */
export const ETCD_FOLDER = "etcd-debian";

const GO_VERSION = "1.19";
const PROGRAMS = ["kube-apiserver", "kube-controller-manager", "kube-proxy"];
// The version upstream, however the distribution spells it (1.20.5+really1.20.2).
const KUBERNETES_VERSION = "1.20.2";

/** Runs a step that fills a folder, unless an earlier run has; an interrupted step starts over, a finished one stays. */
async function once(folder: string, step: (partial: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  await step(partial);
  renameSync(partial, folder);
}

/** The sources without the distribution's patches (those change only how kubectl prints), fixed for Debian's Go. */
async function unpackSources(apt: AptSource, work: string): Promise<string> {
  const archive = join(work, "source-archive");
  await apt.download("source", "kubernetes", archive);
  const tarball = readdirSync(archive).find((name) => name.endsWith(".orig.tar.gz")) ?? "";
  if (!tarball.includes(KUBERNETES_VERSION)) {
    throw new Error(
      `the distribution's kubernetes source package is not ${KUBERNETES_VERSION} (found: ${tarball || "none"}). ` +
        "Put kube-apiserver, kube-controller-manager, kube-proxy and etcd into a folder and set KUBEBUILDER_ASSETS to it.",
    );
  }
  const sources = join(work, SOURCES_IN_GOPATH);
  await once(sources, async (partial) => {
    await runOrThrow(["tar", "-xzf", join(archive, tarball), "-C", partial, "--strip-components=1"]);
    fixMapIteration(partial);
  });
  return sources;
}

async function prepareWorkspace(work: string, log: Log): Promise<GoWorkspace> {
  const apt = new AptSource(join(work, "apt"));
  log("reading the distribution's package lists");
  await apt.update();
  log(`fetching Go ${GO_VERSION} and the sources of Kubernetes ${KUBERNETES_VERSION}`);
  const toolchain = join(work, "go");
  await once(toolchain, async (partial) => {
    await apt.unpack(`golang-${GO_VERSION}-go`, partial);
    await apt.unpack(`golang-${GO_VERSION}-src`, partial);
  });
  const sources = await unpackSources(apt, work);
  return { sources, work, goRoot: join(toolchain, `usr/lib/go-${GO_VERSION}`) };
}

/** Removes what interrupted builds of other recipes left; to be called with the build lock. */
function removeOtherBuilds(work: string): void {
  for (const name of readdirSync(cacheFolder())) {
    if (/^(build(-\d+)?|kubernetes-debian(-\d+)?\.partial)$/.test(name) && name !== work) {
      rmSync(join(cacheFolder(), name), { recursive: true, force: true });
    }
  }
}

/**
 * Builds the Kubernetes servers from Debian's source package into the cache folder, with Debian's Go, which is unpacked
 * beside it and not installed. Takes some minutes and 3 GB; an interrupted build goes on where it was. The work folder is
 * removed at the end. Does nothing when the servers are there.
 */
export async function buildFromDebian(log: Log): Promise<void> {
  await withBuildLock(log, async () => {
    const target = join(cacheFolder(), SERVER_FOLDER);
    if (existsSync(target)) return;
    const workName = `build-${RECIPE}`;
    removeOtherBuilds(workName);
    const work = join(cacheFolder(), workName);
    log(`building Kubernetes ${KUBERNETES_VERSION} once, in ${work}`);
    const workspace = await prepareWorkspace(work, log);
    log("generating API definitions");
    await generateOpenapi(workspace);
    await once(target, (partial) => buildPrograms(workspace, PROGRAMS, `v${KUBERNETES_VERSION}`, partial, log));
    rmSync(work, { recursive: true, force: true });
  });
}

/** Brings etcd from Debian's package into the cache folder, without installing it; returns its path. */
export async function fetchEtcd(log: Log): Promise<string> {
  const folder = join(cacheFolder(), ETCD_FOLDER);
  await withBuildLock(log, () =>
    once(folder, async (partial) => {
      log("fetching etcd");
      const work = join(cacheFolder(), "build-etcd");
      const apt = new AptSource(join(work, "apt"));
      await apt.update();
      await apt.unpack("etcd-server", join(work, "unpacked"));
      renameSync(join(work, "unpacked/usr/bin/etcd"), join(partial, "etcd"));
      rmSync(work, { recursive: true, force: true });
    }),
  );
  return join(folder, "etcd");
}
