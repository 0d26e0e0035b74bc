import { setTimeout as sleep } from "node:timers/promises";
import { MANAGED_BY, OUR_MANAGER } from "../../../shared/keys.ts";
import type { KubeClient } from "../../../shared/kube/client.ts";
import type { EndpointSlice } from "../../../shared/kube/objects.ts";
import { endpointSlices } from "../../../shared/kube/resources.ts";
import { ageOf } from "./history.ts";

/** Sees every version of every copy in a cluster, by one watch that goes on where it was after an interruption. */
export class Witness {
  readonly #client: KubeClient;
  readonly #stopped = new AbortController();
  /** Ages of the addresses a copy had, in order; by `namespace/name`. */
  readonly #ages = new Map<string, number[]>();
  #finished: Promise<void> = Promise.resolve();

  constructor(client: KubeClient) {
    this.#client = client;
  }

  async start(): Promise<void> {
    const { resourceVersion } = await this.#client.list(endpointSlices.all, { limit: 1 });
    this.#finished = this.#follow(resourceVersion);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#finished;
  }

  /** Copies of a namespace that went back to an address they had left, with the ages of all they had. */
  stepsBack(namespace: string): string[] {
    return [...this.#ages]
      .filter(([name]) => name.startsWith(`${namespace}/`))
      .filter(([, ages]) => ages.some((age, i) => age < (ages[i - 1] ?? 0)))
      .map(([name, ages]) => `${name}: ${ages.join(" ")}`);
  }

  /** Versions seen of the copies of a namespace. */
  seen(namespace: string): number {
    const found = [...this.#ages].filter(([name]) => name.startsWith(`${namespace}/`));
    return found.reduce((sum, [, ages]) => sum + ages.length, 0);
  }

  async #follow(from: string): Promise<void> {
    let place = from;
    while (!this.#stopped.signal.aborted) {
      try {
        const query = `?watch=true&labelSelector=${encodeURIComponent(`${MANAGED_BY}=${OUR_MANAGER}`)}`;
        const path = `${endpointSlices.all}${query}&resourceVersion=${place}`;
        for await (const { type, object } of await this.#client.stream(path, this.#stopped.signal)) {
          if (type === "ERROR") throw new Error(`the witness has lost its place: ${JSON.stringify(object)}`);
          place = object.metadata.resourceVersion ?? place;
          if (type !== "DELETED") this.#note(object as EndpointSlice);
        }
      } catch {
        // The API server is away, as some rows want it; what happens meanwhile is told by the watch that follows.
        await sleep(200);
      }
    }
  }

  #note({ metadata, endpoints }: EndpointSlice): void {
    const name = `${metadata.namespace}/${metadata.name}`;
    const ages = this.#ages.get(name) ?? [];
    for (const address of (endpoints ?? []).flatMap((endpoint) => endpoint.addresses)) ages.push(ageOf(address));
    this.#ages.set(name, ages);
  }
}
