import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { cacheFolder } from "../folders.ts";
import type { Log } from "./progress.ts";

/**
 * Runs work while holding the cache folder's build lock; waits, saying so, while another process holds it. The kernel
 * releases the lock when this process ends in whatever way.
 */
export async function withBuildLock<T>(log: Log, work: () => Promise<T>): Promise<T> {
  // `cat` ends with its standard input, that is with this process at the latest, and the lock with it.
  const holder = spawn("flock", [join(cacheFolder(), "build.lock"), "sh", "-c", "echo held; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const notice = setTimeout(() => log("waiting for another process that is filling the cache"), 1000);
  try {
    await Promise.race([
      once(holder.stdout, "data"),
      once(holder, "exit").then(() => Promise.reject(new Error("flock ended without the lock"))),
    ]);
    clearTimeout(notice);
    return await work();
  } finally {
    clearTimeout(notice);
    holder.stdin.end();
  }
}
