/**
 * What we wrote, or read afresh, and the watch has not shown yet. Without it the next pass would judge from before its own writes and
 * repeat them, or take back what it did by a fresh read. An entry ends when the watch has caught up, or after a while in case it never will.
 */
import type { KubeObject } from "../shared/kube/objects.ts";
import type { Change } from "../shared/kube/reflector.ts";
import { keyOf } from "../shared/kube/store.ts";
import type { Resource } from "../shared/protocol/write.ts";

/** Longer than a watch can be dead before the cluster is unreadable (see `Timings`), and nothing is decided then. */
const LIFE_MS = 30_000;

interface Entry {
  resource: Resource;
  /** Service key whose passes see this entry. */
  key: string;
  /** Name of the object, `namespace/name`. */
  name: string;
  /** As the API server returned it; undefined if it was deleted. */
  object: KubeObject | undefined;
  /** Of the object, or of the one deleted. */
  uid: string;
  until: number;
}

export class Overlay {
  /** By Service key, then by resource and name. */
  readonly #entries = new Map<string, Map<string, Entry>>();
  /** The same entries by uid of their objects. */
  readonly #byUid = new Map<string, Entry>();

  /** Notes an object as the API server returned it. */
  written(key: string, resource: Resource, object: KubeObject, now: number): void {
    this.#note({ resource, key, name: keyOf(object), object, uid: object.metadata.uid ?? "", until: now + LIFE_MS });
  }

  /** Notes that the object with this uid is gone. */
  deleted(key: string, resource: Resource, name: string, uid: string, now: number): void {
    this.#note({ resource, key, name, object: undefined, uid, until: now + LIFE_MS });
  }

  /**
   * Takes note of what the watch showed: an entry it has caught up with ends. True if the change shows nothing newer than
   * what was laid over the cache all along: whatever follows from it has been decided, or is about to be.
   */
  observe({ type, object }: Change<KubeObject>): boolean {
    const entry = this.#byUid.get(object.metadata.uid ?? "");
    if (!entry) return false;
    if (type === "deleted") {
      // Nothing written to it before counts.
      this.#end(entry);
      return entry.object === undefined;
    }
    if (!entry.object) return true;
    const [shown, written] = [version(object), version(entry.object)];
    if (shown >= written) this.#end(entry);
    return shown <= written;
  }

  /** Nothing is laid over anything: all caches have caught up. */
  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /**
   * The cached objects of one Service key with our newer writes laid over them. `shown`: the version up to which the cache shows
   * everything. It decides, and not what the cache has of the object: an object may be gone from there again before the answer
   * to our write was heard.
   */
  lay<T extends KubeObject>(
    key: string,
    resource: Resource,
    cached: readonly T[],
    shown: number,
    now: number,
  ): readonly T[] {
    const entries = this.#entries.get(key);
    if (!entries) return cached;
    const result = new Map(cached.map((object) => [keyOf(object), object]));
    for (const entry of entries.values()) {
      if (entry.resource !== resource) continue;
      const existing = result.get(entry.name);
      if (entry.until < now || isCaughtUp(entry, existing, shown)) this.#end(entry);
      else if (!entry.object) result.delete(entry.name);
      // What was read afresh may be newer than what we wrote.
      else if (!existing || version(existing) < version(entry.object)) result.set(entry.name, entry.object as T);
    }
    return [...result.values()];
  }

  #note(entry: Entry): void {
    const entries = this.#entries.get(entry.key) ?? new Map<string, Entry>();
    const before = entries.get(idOf(entry));
    if (before) this.#byUid.delete(before.uid);
    this.#entries.set(entry.key, entries.set(idOf(entry), entry));
    this.#byUid.set(entry.uid, entry);
  }

  #end(entry: Entry): void {
    const entries = this.#entries.get(entry.key);
    entries?.delete(idOf(entry));
    if (entries?.size === 0) this.#entries.delete(entry.key);
    this.#byUid.delete(entry.uid);
  }
}

function idOf({ resource, name }: Entry): string {
  return `${resource}/${name}`;
}

/** A deletion is caught up when another object, or none, has the name; a write when its version has been shown. */
function isCaughtUp(entry: Entry, existing: KubeObject | undefined, shown: number): boolean {
  return entry.object ? version(entry.object) <= shown : existing?.metadata.uid !== entry.uid;
}

/** Versions are compared as numbers, which the API declares valid since KEP-5504 and etcd always made so. */
function version(object: KubeObject): number {
  return Number(object.metadata.resourceVersion ?? 0);
}
