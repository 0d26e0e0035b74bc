import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand, runOrThrow } from "../process.ts";

/**
 * Debian's packages and source packages through lists of our own, so that neither root nor a change of the system's
 * configuration is needed; the mirrors are those of the system's configuration. Nothing is installed.
 */
export class AptSource {
  readonly #dir: string;

  /** @param dir folder for lists and downloads; created if absent. */
  constructor(dir: string) {
    this.#dir = dir;
    for (const folder of ["lists/partial", "archives/partial", "empty"]) {
      mkdirSync(join(dir, folder), { recursive: true });
    }
  }

  get #options(): string[] {
    const set = (key: string, value: string) => ["-o", `${key}=${join(this.#dir, value)}`];
    return [
      ...set("Dir::Etc::sourcelist", "sources.list"),
      ...set("Dir::Etc::sourceparts", "empty"),
      ...set("Dir::State::lists", "lists"),
      ...set("Dir::Cache", "."),
      // The download user of a root's apt may not write below a home folder.
      "-o",
      "APT::Sandbox::User=",
    ];
  }

  /** Reads the package lists. Throws when the system is no Debian or its configuration names no Debian mirror. */
  async update(): Promise<void> {
    const format = "$(REPO_URI) $(CODENAME) $(COMPONENT)";
    const filter = ["Created-By: Packages", "Origin: Debian"];
    const query = ["apt-get", "indextargets", "--format", format, ...filter];
    let targets = await this.#systemTargets(query);
    if (targets.length === 0) {
      await runOrThrow(["apt-get", "update"]);
      targets = await this.#systemTargets(query);
    }
    if (targets.length === 0) throw new Error("apt's configuration names no Debian mirror (apt-get indextargets)");
    const list = targets.flatMap((target) => [`deb ${target}`, `deb-src ${target}`]);
    writeFileSync(join(this.#dir, "sources.list"), `${list.join("\n")}\n`);
    await runOrThrow(["apt-get", ...this.#options, "update"]);
  }

  async #systemTargets(query: string[]): Promise<string[]> {
    const output = (await runCommand(query)).stdout;
    return [...new Set(output.split("\n").filter(Boolean))].sort();
  }

  /** Downloads a package of the current architecture (or source, with its orig tarball) into a folder, in one step. */
  async download(kind: "download" | "source", name: string, folder: string): Promise<void> {
    if (existsSync(folder)) return;
    rmSync(`${folder}.partial`, { recursive: true, force: true });
    mkdirSync(`${folder}.partial`, { recursive: true });
    const command = kind === "source" ? ["source", "--download-only"] : ["download"];
    await runOrThrow(["apt-get", ...this.#options, ...command, name], { cwd: `${folder}.partial` });
    renameSync(`${folder}.partial`, folder);
  }

  /** Downloads a package unless it is there and unpacks it, without installing it, into a folder (created if absent). */
  async unpack(name: string, folder: string): Promise<void> {
    const download = join(this.#dir, "debs", name);
    await this.download("download", name, download);
    const [deb = ""] = readdirSync(download);
    await runOrThrow(["dpkg", "-x", join(download, deb), folder]);
  }
}
