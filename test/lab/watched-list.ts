import { request } from "node:https";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type ApiTarget, connectApi } from "./api-client.ts";

/** The part of a Kubernetes object that every object has. */
export interface ListedObject {
  metadata: { name: string; resourceVersion: string };
}

interface WatchEvent<T> {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: T;
}

/** The objects at one list path of an API server, kept current by list and watch; while the server is away, as last seen. */
export class WatchedList<T extends ListedObject> {
  readonly items = new Map<string, T>();
  readonly #target: ApiTarget;
  readonly #path: string;

  /** @param path list path with its query, such as `/api/v1/services?fieldSelector=...`. */
  constructor(target: ApiTarget, path: string) {
    this.#target = target;
    this.#path = path;
  }

  /** Lists once, then keeps watching for the life of the process. Throws when the first list fails. */
  async start(): Promise<void> {
    const version = await this.#list();
    void this.#follow(version);
  }

  async #list(): Promise<string> {
    const { status, body } = await connectApi(this.#target)("GET", this.#path);
    if (status !== 200) throw new Error(`GET ${this.#path}: ${status}`);
    this.items.clear();
    for (const item of body.items as T[]) this.items.set(item.metadata.name, item);
    return body.metadata.resourceVersion;
  }

  async #follow(first: string): Promise<void> {
    let version: string | undefined = first;
    for (;;) {
      // An interrupted watch starts over with a list: simple, and never behind.
      if (version !== undefined) await this.#watch(version).catch(() => undefined);
      await sleep(200);
      version = await this.#list().catch(() => undefined);
    }
  }

  #watch(version: string): Promise<void> {
    const { server, ca, user } = this.#target;
    const url = new URL(`${this.#path}&watch=true&resourceVersion=${version}`, server);
    return new Promise((resolve, reject) => {
      const call = request(url, { ca, cert: user.cert, key: user.key, agent: false }, (response) => {
        const lines = createInterface({ input: response });
        lines.on("line", (line) => {
          const event = JSON.parse(line) as WatchEvent<T>;
          if (event.type === "ERROR") call.destroy();
          else this.#apply(event);
        });
        response.on("error", reject);
        response.on("close", resolve);
      });
      call.on("error", reject);
      call.end();
    });
  }

  #apply({ type, object }: WatchEvent<T>): void {
    if (type === "DELETED") this.items.delete(object.metadata.name);
    else if (type !== "BOOKMARK") this.items.set(object.metadata.name, object);
  }
}
