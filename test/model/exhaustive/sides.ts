/**
 * One cluster's objects as a tuple of numbers, and what API server and native controllers do to them. Every effect is worked
 * out once, by the same code that the random worlds use, and remembered.
 */
import { type IntentCopy, parseIntent } from "../../../shared/intent.ts";
import { INTENT, MANAGED_BY, OUR_MANAGER, SELECTOR, SERVICE_NAME } from "../../../shared/keys.ts";
import {
  annotation,
  type EndpointSlice,
  type Endpoints,
  type KubeObject,
  label,
  type Service,
} from "../../../shared/kube/objects.ts";
import { isOwn, isStripped } from "../../../shared/protocol/contribution.ts";
import type { Write } from "../../../shared/protocol/write.ts";
import { hasSelector, parseSelector } from "../../../shared/selector.ts";
import { Cluster, type Pod } from "../cluster.ts";
import { collectGarbage, mirrorEndpoints, writeEndpoints, writeSlice } from "../native.ts";
import { Collections, canonicalText, Interned } from "./objects.ts";
import { Memory, TupleTable } from "./tuples.ts";

/** Places in a side's tuple. NATIVES are all slices but our copies. */
export const SERVICES = 0;
export const NATIVES = 1;
export const COPIES = 2;
export const ENDPOINTS = 3;
export const PODS = 4;
const WIDTH = 5;

export interface Effect {
  /** The side afterwards; the same if nothing changed. */
  side: number;
  /** False if the API server refused the write. */
  done: boolean;
}

export const KEY = { namespace: "shop", name: "web" };

export class Sides {
  readonly names: readonly string[];
  readonly services = new Collections(0);
  readonly slices = new Collections(1);
  readonly endpoints = new Collections(2);
  readonly pods = new Interned<readonly Pod[]>();
  readonly writes = new Interned<Write>();
  readonly table = new TupleTable(WIDTH);
  readonly #intents = new Map<number, IntentCopy | undefined>();
  readonly #selecting: boolean[] = [];
  readonly #remembered = new Memory<Effect>(2);

  constructor(names: readonly string[]) {
    this.names = names;
  }

  /** The Service of the key in a set of Services. */
  service(services: number): Service | undefined {
    return this.services.get(services).find((one) => one.metadata.name === KEY.name) as Service | undefined;
  }

  /** The intent that the Service of a side carries; read once for each set of Services. */
  intent(side: number): IntentCopy | undefined {
    const services = this.table.at(side, SERVICES);
    if (!this.#intents.has(services)) {
      const service = this.service(services);
      this.#intents.set(services, service && parseIntent(annotation(service, INTENT)));
    }
    return this.#intents.get(services);
  }

  /** Whether some Service of the side selects pods. */
  selects(side: number): boolean {
    const services = this.table.at(side, SERVICES);
    let known = this.#selecting[services];
    if (known === undefined) {
      known = this.services.get(services).some((one) => hasSelector(one as Service));
      this.#selecting[services] = known;
    }
    return known;
  }

  /** The number of the set of a side's pods. */
  podsAt(side: number): number {
    return this.table.at(side, PODS);
  }

  podsOf(side: number): readonly Pod[] {
    const id = this.table.at(side, PODS);
    return id === 0 ? [] : this.pods.get(id);
  }

  internPods(pods: readonly Pod[]): number {
    return this.pods.intern(canonicalText(pods), () => pods);
  }

  internWrite(write: Write): number {
    return this.writes.intern(JSON.stringify(write), () => write);
  }

  /** Makes one write of a sync process. */
  write(cluster: number, side: number, write: number): Effect {
    return this.#remember(side * 2 + cluster, write, () =>
      this.#change(cluster, side, (at) => at.perform(this.writes.get(write))),
    );
  }

  /** The endpointslice controller looks at everything as it is now. */
  runNative(cluster: number, side: number): Effect {
    return this.#remember(side * 2 + cluster, -1, () => {
      const effect = this.#change(cluster, side, (at) => {
        for (const service of [...at.services.values()]) writeSlice(at, service);
        return true;
      });
      return effect;
    });
  }

  /** The endpointslice controller writes once more for a selector that was removed meanwhile. */
  runNativeLate(cluster: number, side: number): Effect {
    return this.#remember(side * 2 + cluster, -2, () => {
      const service = this.service(this.table.at(side, SERVICES));
      const selector = service && parseSelector(annotation(service, SELECTOR));
      if (!service || hasSelector(service) || !selector) return { side, done: false };
      const effect = this.#change(cluster, side, (at) =>
        writeSlice(at, { ...service, spec: { ...service.spec, selector: { ...selector } } }),
      );
      return effect;
    });
  }

  /** The garbage collector. */
  collectGarbage(cluster: number, side: number): Effect {
    return this.#remember(side * 2 + cluster, -3, () => this.#change(cluster, side, collectGarbage));
  }

  /** Anything else that somebody does to a cluster's objects. */
  change(cluster: number, side: number, act: (at: Cluster) => boolean): Effect {
    return this.#change(cluster, side, act);
  }

  /** The side with one place changed. */
  put(side: number, place: number, value: number): number {
    const tuple = new Int32Array(WIDTH);
    this.table.read(side, tuple);
    tuple[place] = value;
    return this.table.intern(tuple);
  }

  /** Other pods: the Endpoints object follows at once, slices when the native controller runs. */
  withPods(cluster: number, side: number, pods: readonly Pod[]): number {
    return this.#change(cluster, this.put(side, PODS, this.internPods(pods)), () => true).side;
  }

  #remember(key: number, act: number, work: () => Effect): Effect {
    return this.#remembered.of([key, act], work);
  }

  #change(number: number, side: number, act: (at: Cluster) => boolean): Effect {
    const at = this.#open(number, side);
    if (!act(at)) return { side, done: false };
    for (const service of [...at.services.values()]) {
      writeEndpoints(at, service);
      mirrorEndpoints(at, service);
    }
    return { side: this.#close(at, side), done: true };
  }

  #open(number: number, side: number): Cluster {
    const name = this.names[number] as string;
    const at = new Cluster(name, { version: 1_000_000, uid: 0, now: 0 });
    const { table } = this;
    const fill = (map: Map<string, KubeObject>, objects: readonly KubeObject[]) => {
      for (const object of objects) map.set(object.metadata.name, object);
    };
    fill(at.services as Map<string, KubeObject>, this.services.get(table.at(side, SERVICES)));
    fill(at.slices as Map<string, KubeObject>, this.slices.get(table.at(side, NATIVES)));
    fill(at.slices as Map<string, KubeObject>, this.slices.get(table.at(side, COPIES)));
    fill(at.endpoints as Map<string, KubeObject>, this.endpoints.get(table.at(side, ENDPOINTS)));
    for (const pod of this.podsOf(side)) at.pods.set(pod.ip, pod);
    return at;
  }

  #close(at: Cluster, before: number): number {
    const { table } = this;
    const service = at.services.get(KEY.name);
    if (isOwn(service) && !hasSelector(service) && !isStripped(service))
      throw new Error(`${at.name} has a Service that never selected anything, whose mirrored slices it contributes`);
    const services = [...at.services.values()].map((object) => withUid(object, at));
    const slices = [...at.slices.values()].map((object) => withUid(object, at));
    // Nobody reads the Endpoints of a shadow.
    const endpoints = [...at.endpoints.values()].filter((one) => one.metadata.name === KEY.name);
    const isCopy = (slice: EndpointSlice) => label(slice, MANAGED_BY) === OUR_MANAGER;
    return table.intern([
      this.services.of(services),
      this.slices.of(slices.filter((slice) => !isCopy(slice))),
      this.slices.of(slices.filter(isCopy)),
      this.endpoints.of(endpoints.map((one: Endpoints) => withUid(one, at))),
      table.at(before, PODS),
    ]);
  }

  /** Slices that carry the Service's own name. */
  servedSlices(side: number): EndpointSlice[] {
    const { table } = this;
    const all = [...this.slices.get(table.at(side, NATIVES)), ...this.slices.get(table.at(side, COPIES))];
    return (all as EndpointSlice[]).filter((slice) => label(slice, SERVICE_NAME) === KEY.name);
  }
}

/**
 * New objects get a uid that says where they are. A Service made again differs from the one before as long as anything here
 * still belongs to that one.
 */
function withUid<T extends KubeObject>(object: T, at: Cluster): T {
  const { uid = "", name } = object.metadata;
  if (uid.startsWith(`${at.name}/`)) return object;
  const owned = [...at.services.values(), ...at.slices.values()].flatMap(
    ({ metadata }) => metadata.ownerReferences ?? [],
  );
  const numbers = ["a", "b", "c"].map((letter) => `${at.name}/${name}/${letter}`);
  const free = numbers.find((candidate) => !owned.some((owner) => owner.uid === candidate));
  return { ...object, metadata: { ...object.metadata, uid: free ?? `${at.name}/${name}/d` } };
}
