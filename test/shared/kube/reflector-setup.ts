import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { afterEach } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { createClient } from "../../../shared/kube/client.ts";
import type { KubeObject } from "../../../shared/kube/objects.ts";
import {
  type ReflectorOptions,
  type ReflectorState,
  startReflector,
  type Timings,
} from "../../../shared/kube/reflector.ts";
import { services } from "../../../shared/kube/resources.ts";
import { Store } from "../../../shared/kube/store.ts";
import { type SeenRequest, sendJson, startStallingProxy, startTinyServer } from "./tiny-server.ts";

type Cleanup = () => Promise<unknown> | undefined;
let cleanups: Cleanup[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  cleanups = [];
});

/** Pauses are thirty to forty times shorter than in earnest. What a server has time for is not: a busy machine is no dead server. */
const FAST: Partial<Timings> = { backoffMs: [20, 200], healthyMs: 500 };

/** For servers that shall be found dead. */
export const IMPATIENT: Partial<Timings> = { probeAfterMs: 200, probeDeadlineMs: 100, acceptMs: 300 };

/** An object of the collection. */
export interface Item {
  name: string;
  uid?: string;
  version: number;
  spec?: unknown;
}

export function toObject({ name, uid = name, version, spec }: Item): KubeObject & { spec?: unknown } {
  return { metadata: { namespace: "shop", name, uid, resourceVersion: `${version}` }, ...(spec ? { spec } : {}) };
}

/** The server's side of a collection: what a list shows, and which watches are open. */
export class Collection {
  items: Item[] = [];
  version = 1;
  /** Answers a list or a watch in another way; returns true if it did. */
  intercept: (request: SeenRequest, response: ServerResponse) => boolean = () => false;
  readonly lists: SeenRequest[] = [];
  readonly watches: { request: SeenRequest; response: ServerResponse }[] = [];

  handle(request: SeenRequest, response: ServerResponse): void {
    if (request.path === "/version") {
      sendJson(response, {});
      return;
    }
    const isWatch = request.query.has("watch");
    if (isWatch) this.watches.push({ request, response });
    else this.lists.push(request);
    if (this.intercept(request, response)) return;
    if (isWatch) response.writeHead(200).flushHeaders();
    else sendJson(response, { apiVersion: "v1", kind: "ServiceList", ...this.page() });
  }

  page() {
    return { metadata: { resourceVersion: `${this.version}` }, items: this.items.map(toObject) };
  }

  /** Sends to the newest watch. */
  send(type: string, item: Item | object): void {
    this.write(`${JSON.stringify({ type, object: "version" in item ? toObject(item as Item) : item })}\n`);
  }

  write(text: string): void {
    this.watches.at(-1)?.response.write(text);
  }

  lastWatch(): SeenRequest {
    return this.watches.at(-1)?.request ?? assert.fail("no watch");
  }
}

type Setup = Partial<ReflectorOptions<KubeObject>> & {
  items?: Item[];
  intercept?: Collection["intercept"];
  proxied?: boolean;
};

/** A reflector of a collection behind a tiny server; everything it told is recorded. */
export async function setUp({ items = [], intercept, proxied = false, timings, ...options }: Setup = {}) {
  const collection = new Collection();
  collection.items = items;
  if (intercept) collection.intercept = intercept;
  const server = await startTinyServer((request, response) => collection.handle(request, response));
  const proxy = await startStallingProxy(server.port);
  const client = createClient({ server: proxied ? proxy.url : server.url, podCIDRs: [] }, { cluster: "east" });
  const store = new Store<KubeObject>();
  const seen: string[] = [];
  const states: ReflectorState[] = [];
  const errors: unknown[] = [];
  const reflector = startReflector({
    client,
    path: services.all,
    store,
    onChange: ({ type, object }) => void seen.push(`${type} ${object.metadata.name}`),
    onState: (state) => void states.push(state),
    onError: (error) => void errors.push(error),
    ...options,
    timings: { ...FAST, ...timings },
  });
  cleanups.push(
    () => server.close(),
    () => proxy.close(),
    () => client.close(),
    () => reflector.stop(),
  );
  return { collection, server, proxy, client, store, seen, states, errors, reflector };
}

export type ReflectorSetup = Awaited<ReturnType<typeof setUp>>;

/** Waits until `condition` holds; fails after 5 s. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (condition()) return;
    await wait(5);
  }
  assert.fail(`not within 5 s: ${what}`);
}

/** Waits for the state `watching`. */
export async function watching(setup: ReflectorSetup): Promise<void> {
  await until(() => setup.reflector.state === "watching", "watching");
}
