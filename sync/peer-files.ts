/** The folder of kubeconfigs: one file for each peer, which comes, changes and goes while we run. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isClusterName } from "../shared/names.ts";

const NO_NAME =
  "its file is named like no cluster: call it as the cluster calls itself, lower-case letters, digits and dashes, at most 63";

/** What a file held. */
export interface PeerFile {
  text: string;
}

/** One look at the folder. */
export interface PeerFolder {
  files: ReadonlyMap<string, PeerFile>;
  /** Why a file that is there could not be read, or names no cluster; it is neither new nor gone. */
  unreadable: ReadonlyMap<string, string>;
}

/**
 * File name → content. Dot files are no peers: Kubernetes keeps a mounted Secret in them and switches its link `..data` to a
 * new one as a whole, so that a file is old or new and never half. A folder that is missing has no files. Rejects when the folder
 * cannot be read for any other reason: then nothing is known, least of all that files are gone.
 */
export async function readPeerFolder(folder: string): Promise<PeerFolder> {
  const files = new Map<string, PeerFile>();
  const unreadable = new Map<string, string>();
  const names = await readdir(folder).catch(whenMissing([]));
  await Promise.all(
    names
      .filter((name) => !name.startsWith("."))
      .map(async (name) => {
        if (!isClusterName(name)) return void unreadable.set(name, NO_NAME);
        try {
          const file = await readPeerFile(join(folder, name));
          if (file) files.set(name, file);
        } catch (error) {
          unreadable.set(name, `its kubeconfig file cannot be read: ${(error as NodeJS.ErrnoException).code}`);
        }
      }),
  );
  return { files, unreadable };
}

async function readPeerFile(path: string): Promise<PeerFile | undefined> {
  const text = await readFile(path, "utf8").catch(whenMissing(undefined));
  return text === undefined ? undefined : { text };
}

/** Gone between two calls, or never there: also a link whose target was switched away. */
function whenMissing<T>(instead: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT") return instead;
    throw error;
  };
}
