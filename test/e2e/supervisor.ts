import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Lab, LabProcess } from "../lab/lab.ts";
import type { Side } from "./world.ts";

/** Begins the last line of a process that died of its own write. */
export const STEP = "STEP ";

const PROGRAM = fileURLToPath(new URL("stepping-sync.ts", import.meta.url));

/** Runs the stepping sync process of one cluster in the place of the ordinary one, and starts it again whenever it died. */
export class Supervisor {
  /** The writes after which a process died, in order: verb and path. */
  readonly steps: string[] = [];
  readonly #lab: Lab;
  readonly #side: Side;
  #current: LabProcess | undefined;
  #stopping = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(lab: Lab, side: Side) {
    this.#lab = lab;
    this.#side = side;
  }

  /** Ends the ordinary process without warning and takes its place. */
  async start(): Promise<void> {
    const { sync } = this.#side.agent;
    sync.kill("SIGKILL");
    await sync.exited;
    this.#ended = this.#run();
  }

  /** Ends the stepping process. Throws if one of them ended otherwise than by its own write. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#current?.kill("SIGKILL");
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#current = await this.#spawn();
      // `stop` may have come while it was being started.
      if (this.#stopping) this.#current.kill("SIGKILL");
      const { signal } = await this.#current.exited;
      const last = this.#current.logTail(1);
      if (last.startsWith(STEP)) this.steps.push(last.slice(STEP.length));
      else if (!this.#stopping)
        throw new Error(`sync in ${this.#side.name} ended (${signal}):\n${this.#current.logTail(30)}`);
    }
  }

  #spawn(): Promise<LabProcess> {
    const { name, cluster } = this.#side;
    const folder = join(this.#lab.dir, "agents", name);
    const args = [PROGRAM, `--kubeconfig=${join(folder, "kubeconfig")}`, `--peers-dir=${join(folder, "peers")}`];
    const cache = { NODE_COMPILE_CACHE: join(this.#lab.dir, "compile-cache") };
    return cluster.spawn("stepping-sync", process.execPath, args, {
      env: { CLUSTER_NAME: name, LOG_LEVEL: "debug", ...cache },
    });
  }
}
