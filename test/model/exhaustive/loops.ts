/** Loops in a graph of states that is stored as one list of edges. */
import { Numbers } from "./tuples.ts";

/** Edges, gathered source by source. Nodes have numbers; those that are no source lead nowhere. */
export class Graph {
  readonly #targets = new Numbers();
  readonly #starts = new Numbers();
  readonly #sources = new Numbers();
  /** By node: its place among the sources, and 0 if it is none; counted from 1. */
  readonly #places = new Numbers();

  /** True if the node is a source. */
  has(source: number): boolean {
    return this.#placeOf(source) >= 0;
  }

  /** The edges that follow are those of this source. */
  open(source: number): void {
    while (this.#places.length <= source) this.#places.push(0);
    this.#sources.push(source);
    this.#starts.push(this.#targets.length);
    this.#places.set(source, this.#sources.length);
  }

  add(target: number): void {
    this.#targets.push(target);
  }

  #placeOf(node: number): number {
    return node < this.#places.length ? this.#places.at(node) - 1 : -1;
  }

  /** A way from a node back to itself, undefined if there is none. Call when all sources have been opened. */
  findLoop(): number[] | undefined {
    const nodes = this.#starts.length;
    this.#starts.push(this.#targets.length);
    const entered = this.#remaining(nodes);
    const path: number[] = [];
    const place = new Map<number, number>();
    const done = new Set<number>();
    for (let root = 0; root < nodes; root++) {
      if (!entered[root] || done.has(root)) continue;
      const loop = this.#descend(root, entered, path, place, done);
      if (loop) return loop.map((node) => this.#sources.at(node));
    }
    return undefined;
  }

  /** For each node how many edges enter it that no order can put behind it: 0 for all nodes if there is no loop. */
  #remaining(nodes: number): Int32Array {
    const entering = new Int32Array(nodes);
    for (let i = 0; i < this.#targets.length; i++) {
      const target = this.#placeOf(this.#targets.at(i));
      if (target >= 0) entering[target] = (entering[target] ?? 0) + 1;
    }
    const free = new Numbers();
    for (let node = 0; node < nodes; node++) if (entering[node] === 0) free.push(node);
    for (let i = 0; i < free.length; i++) {
      for (const target of this.#from(free.at(i))) {
        entering[target] = (entering[target] ?? 0) - 1;
        if (entering[target] === 0) free.push(target);
      }
    }
    return entering;
  }

  *#from(node: number): Generator<number> {
    for (let i = this.#starts.at(node); i < this.#starts.at(node + 1); i++) {
      const target = this.#placeOf(this.#targets.at(i));
      if (target >= 0) yield target;
    }
  }

  #descend(root: number, within: Int32Array, path: number[], place: Map<number, number>, done: Set<number>) {
    const open = [{ node: root, rest: this.#from(root) }];
    path.push(root);
    place.set(root, 0);
    while (open.length > 0) {
      const top = open.at(-1) as { node: number; rest: Generator<number> };
      const { value, done: ended } = top.rest.next();
      if (ended) {
        open.pop();
        path.pop();
        place.delete(top.node);
        done.add(top.node);
      } else if (place.has(value)) return path.slice(place.get(value));
      else if (within[value] && !done.has(value)) {
        place.set(value, path.length);
        path.push(value);
        open.push({ node: value, rest: this.#from(value) });
      }
    }
    return undefined;
  }
}
