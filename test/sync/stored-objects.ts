import { ApiError } from "../../shared/kube/api-error.ts";
import type { CallOptions, KubeClient } from "../../shared/kube/client.ts";
import { type Clock, sleep } from "../../shared/kube/clock.ts";

type Stored = { metadata: { name?: string; resourceVersion?: string } };

/** Objects by path behind the verbs of a client, with versions and conflicts, on a clock that a test moves. */
export class StoredObjects {
  readonly objects = new Map<string, Stored>();
  /** Every call: verb and path. */
  readonly asked: string[] = [];
  /** Status to answer with; 0: no answer, until the call's deadline; undefined: as it should be. */
  refuse: number | undefined;
  readonly #clock: Clock;
  #version = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get client(): KubeClient {
    const verbs: Pick<KubeClient, "cluster" | "get" | "create" | "replace" | "patch" | "remove"> = {
      cluster: "east",
      get: async <T>(path: string, options?: CallOptions) => {
        await this.#ask("get", path, options);
        return (this.objects.get(path) ?? this.#fail(404, path)) as T;
      },
      create: async <T>(path: string, body: unknown, options?: CallOptions) => {
        await this.#ask("create", path, options);
        const at = `${path}/${(body as Stored).metadata.name}`;
        return (this.objects.has(at) ? this.#fail(409, at, "AlreadyExists") : this.put(at, body as Stored)) as T;
      },
      replace: async <T>(path: string, body: unknown, options?: CallOptions) => {
        await this.#ask("replace", path, options);
        const version = (body as Stored).metadata.resourceVersion;
        const existing = this.objects.get(path) ?? this.#fail(404, path);
        return (
          version === existing.metadata.resourceVersion ? this.put(path, body as Stored) : this.#fail(409, path)
        ) as T;
      },
      patch: async <T>(path: string, body: unknown, _type: unknown, options?: CallOptions) => {
        await this.#ask("patch", path, options);
        const existing = this.objects.get(path) ?? this.#fail(404, path);
        return this.put(path, { ...existing, ...(body as object) }) as T;
      },
      remove: async (path: string, _preconditions?: unknown, options?: CallOptions) => {
        await this.#ask("remove", path, options);
        this.objects.delete(path);
      },
    };
    return verbs as KubeClient;
  }

  /** Stores an object as a write does. */
  put(path: string, object: Stored): Stored {
    this.#version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: `${this.#version}` } };
    this.objects.set(path, stored);
    return stored;
  }

  async #ask(verb: string, path: string, { deadlineMs = 10_000 }: CallOptions = {}): Promise<void> {
    this.asked.push(`${verb} ${path}`);
    if (this.refuse === 0) await sleep(this.#clock, deadlineMs, new AbortController().signal);
    if (this.refuse !== undefined) this.#fail(this.refuse, path);
  }

  #fail(status: number, path: string, reason = ""): never {
    throw new ApiError({ status, reason, message: `HTTP ${status}`, path, cluster: "east" });
  }
}
