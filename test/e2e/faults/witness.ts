import { setTimeout as sleep } from "node:timers/promises";
import { MANAGED_BY, OUR_MANAGER } from "../../../shared/keys.ts";
import { classifyError, errorFromStatus, type Status } from "../../../shared/kube/api-error.ts";
import type { KubeClient } from "../../../shared/kube/client.ts";
import type { EndpointSlice } from "../../../shared/kube/objects.ts";
import { endpointSlices } from "../../../shared/kube/resources.ts";
import { ageOf } from "./history.ts";

/** Versions of a copy, as long as it is one object: API servers count them. */
interface Seen {
  uid: string | undefined;
  generation: number;
}

const OURS = `${MANAGED_BY}=${OUR_MANAGER}`;

/** Soon enough to be back before anybody has written. */
const RETRY_MS = 50;

/**
 * Sees every version of every copy in a cluster, by one watch that goes on where it was after an interruption. An API server
 * that was restarted knows no place from before: then all copies are read, and versions nobody has seen are told.
 */
export class Witness {
  readonly #client: KubeClient;
  readonly #stopped = new AbortController();
  /** Ages of the addresses a copy had, in order; by `namespace/name`. */
  readonly #ages = new Map<string, number[]>();
  readonly #last = new Map<string, Seen>();
  readonly #unseen: string[] = [];
  #finished: Promise<void> = Promise.resolve();
  /** What last went wrong with the watch. */
  trouble: unknown;

  constructor(client: KubeClient) {
    this.#client = client;
  }

  async start(): Promise<void> {
    const place = await this.#read();
    this.#finished = this.#follow(place);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#finished;
  }

  /** Copies of a namespace that went back to an address they had left, with the ages of all they had. */
  stepsBack(namespace: string): string[] {
    return this.#of(namespace)
      .filter(([, ages]) => ages.some((age, i) => age < (ages[i - 1] ?? 0)))
      .map(([name, ages]) => `${name}: ${ages.join(" ")}`);
  }

  /** Versions of copies of a namespace that came and went unseen: a step back may be among them. */
  unseen(namespace: string): string[] {
    return this.#unseen.filter((text) => text.startsWith(`${namespace}/`));
  }

  /** The greatest age seen in a namespace; 0 before any. */
  newest(namespace: string): number {
    return Math.max(0, ...this.#of(namespace).flatMap(([, ages]) => ages));
  }

  #of(namespace: string): [name: string, ages: number[]][] {
    return [...this.#ages].filter(([name]) => name.startsWith(`${namespace}/`));
  }

  async #follow(from: string): Promise<void> {
    let place: string | undefined = from;
    while (!this.#stopped.signal.aborted) {
      try {
        place ??= await this.#read();
        for await (const version of this.#watch(place)) place = version;
      } catch (error) {
        // The API server is away, as some rows want it; what happens meanwhile is told by what follows.
        this.trouble = error;
        if (classifyError(error) === "gone") place = undefined;
        else await sleep(RETRY_MS);
      }
    }
  }

  /** Notes what happens from a place on. Yields the place reached. */
  async *#watch(from: string): AsyncGenerator<string> {
    const query = `?watch=true&allowWatchBookmarks=true&labelSelector=${encodeURIComponent(OURS)}`;
    const path = `${endpointSlices.all}${query}&resourceVersion=${from}`;
    for await (const { type, object } of await this.#client.stream(path, this.#stopped.signal)) {
      if (type === "ERROR") throw errorFromStatus({ cluster: this.#client.cluster, path }, object as Status);
      if (type === "ADDED" || type === "MODIFIED") this.#note(object as EndpointSlice);
      yield object.metadata.resourceVersion ?? from;
    }
  }

  /** Reads all copies as they are. Returns where a watch has to go on. */
  async #read(): Promise<string> {
    const { items, resourceVersion } = await this.#client.list<EndpointSlice>(endpointSlices.all, {
      labelSelector: OURS,
      signal: this.#stopped.signal,
    });
    for (const slice of items) this.#note(slice);
    return resourceVersion;
  }

  #note({ metadata, endpoints }: EndpointSlice): void {
    const name = `${metadata.namespace}/${metadata.name}`;
    const { uid, generation = 0 } = metadata;
    const last = this.#last.get(name);
    const known = last?.uid === uid ? (last?.generation ?? 0) : 0;
    if (generation > known + 1) this.#unseen.push(`${name}: ${generation - known - 1} before generation ${generation}`);
    this.#last.set(name, { uid, generation });
    const ages = this.#ages.get(name) ?? [];
    for (const address of (endpoints ?? []).flatMap((endpoint) => endpoint.addresses)) ages.push(ageOf(address));
    this.#ages.set(name, ages);
  }
}
