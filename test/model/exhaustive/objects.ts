/**
 * Kubernetes objects and collections of them, each distinct content stored once and known by a number. The number is the
 * object's resourceVersion: two versions that say the same are one.
 */
import { copyIntent, formatIntent, impliedMode, parseIntent } from "../../../shared/intent.ts";
import { INTENT, MODE } from "../../../shared/keys.ts";
import { annotation, type KubeObject } from "../../../shared/kube/objects.ts";

/** Values by number from 1; 0 stands for none. */
export class Interned<T> {
  readonly #values: (T | undefined)[] = [undefined];
  readonly #ids = new Map<string, number>();

  /** The number of a value with this identity; `make` is asked for the value once, with its number. */
  intern(identity: string, make: (id: number) => T): number {
    const found = this.#ids.get(identity);
    if (found !== undefined) return found;
    const id = this.#values.length;
    this.#ids.set(identity, id);
    this.#values.push(undefined);
    this.#values[id] = make(id);
    return id;
  }

  get(id: number): T {
    return this.#values[id] as T;
  }

  get size(): number {
    return this.#values.length - 1;
  }
}

/** Canonical text of plain data: keys sorted, undefined left out. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, member]) => `${JSON.stringify(key)}:${canonicalText(member)}`).join()}}`;
}

/** Makes data unchangeable: a decision that changed its input would throw. */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) freezeDeep(member);
  return Object.freeze(value);
}

/** Sets of objects with distinct names, such as all Services of a cluster. Number 0 is the empty one. */
export class Collections {
  readonly #objects = new Interned<KubeObject>();
  readonly #sets = new Interned<readonly KubeObject[]>();
  readonly #names = new Interned<string>();
  readonly #kind: number;

  /** `kind`: 0, 1 or 2. */
  constructor(kind: number) {
    this.#kind = kind;
  }

  /** The number of a name, different for each kind. */
  nameNumber(name: string): number {
    return this.#kind + 3 * this.#names.intern(name, () => name);
  }

  /** The number of a set of objects as they are to be stored; versions are given here. */
  of(objects: readonly KubeObject[]): number {
    return this.#ofIds(objects.map((object) => this.#intern(object)));
  }

  get(id: number): readonly KubeObject[] {
    return id === 0 ? [] : this.#sets.get(id);
  }

  /** The set with `object` in place of what has its name there. */
  with(id: number, object: KubeObject): number {
    return this.of([...this.get(id).filter((one) => one.metadata.name !== object.metadata.name), object]);
  }

  /** The set without the object of this name. */
  without(id: number, name: string): number {
    return this.of(this.get(id).filter((object) => object.metadata.name !== name));
  }

  #ofIds(ids: readonly number[]): number {
    if (ids.length === 0) return 0;
    const sorted = ids.toSorted((a, b) => (nameOf(this.#objects.get(a)) < nameOf(this.#objects.get(b)) ? -1 : 1));
    return this.#sets.intern(sorted.join(), () => sorted.map((one) => this.#objects.get(one)));
  }

  #intern(object: KubeObject): number {
    const version = object.metadata.resourceVersion;
    if (version !== undefined && this.#objects.get(Number(version)) === object) return Number(version);
    const bare = forgetHistory(object);
    return this.#objects.intern(canonicalText(bare), (id) =>
      freezeDeep({ ...bare, metadata: { ...bare.metadata, resourceVersion: String(id) } }),
    );
  }
}

function nameOf(object: KubeObject): string {
  return object.metadata.name;
}

/** What no decision reads is the same everywhere. Who wrote the mode matters only while that is not settled. */
function forgetHistory(object: KubeObject): KubeObject {
  const { resourceVersion: _version, creationTimestamp: _created, managedFields, ...metadata } = object.metadata;
  const copy = parseIntent(annotation(object, INTENT));
  const settled = annotation(object, MODE) === impliedMode(copy, clusterOf(object));
  // Read only of manifests that carry a mode, and there are none in this model.
  const annotations = copy?.declared
    ? { ...metadata.annotations, [INTENT]: formatIntent(copyIntent(copy, undefined)) }
    : metadata.annotations;
  const { annotations: _annotations, labels, ...others } = metadata;
  // The API server writes no empty maps down.
  const kept = {
    ...others,
    ...(annotations && Object.keys(annotations).length ? { annotations } : {}),
    ...(labels && Object.keys(labels).length ? { labels } : {}),
    ...(managedFields && !settled ? { managedFields } : {}),
  };
  return { ...object, metadata: kept };
}

/** Uids in the model begin with the name of their cluster. */
export function clusterOf(object: KubeObject): string {
  return object.metadata.uid?.split("/")[0] ?? "";
}
