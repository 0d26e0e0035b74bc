/** States that are looked at together: found, noted once, and forgotten together. */
import { eventsOf } from "./budgets.ts";
import type { Locals } from "./locals.ts";
import { Graph } from "./loops.ts";
import { Pairs } from "./pairs.ts";
import { States } from "./states.ts";
import type { Explorer, Place, Steps } from "./steps.ts";
import { Numbers } from "./tuples.ts";

export class Region {
  readonly locals: Locals;
  readonly steps: Steps;
  readonly states: States;
  /** By state: the one before it; below -1: a way in, see `outsideOf`. */
  readonly #parents = new Numbers();
  /** States still to be looked at, by the number of events that may still happen in them. */
  layers: readonly Numbers[];
  /** Worlds at rest, and those that are not, with what may still happen where that matters. */
  quiet = new Pairs();
  /** Steps of the protocol alone from world to world once all that is under way has arrived, for finding loops. */
  graph = new Graph();

  constructor(explorer: Explorer, steps: Steps, events: number) {
    this.locals = explorer.locals;
    this.steps = steps;
    this.states = new States(explorer.space.watches, this.locals, explorer.whole);
    this.layers = Array.from({ length: events + 1 }, () => new Numbers());
  }

  /** The number of the state, or of the one that covers it. */
  note(east: number, west: number, budgets: number, parent: number): number {
    const id = this.states.add(east, west, budgets);
    if (id === this.#parents.length) {
      this.#parents.push(parent);
      this.layers[eventsOf(budgets)]?.push(id);
    }
    return id;
  }

  placeOf(state: number): Place {
    const { states } = this;
    return { east: states.eastOf(state), west: states.westOf(state), budgets: states.budgetsOf(state) };
  }

  /** Keeps what is needed to tell how a state came to be. */
  forget(): void {
    this.states.forget();
    this.layers = [];
    this.quiet = new Pairs();
    this.graph = new Graph();
  }

  /** States from the first one to this one, and what was before that: -1, or the way in. */
  pathTo(state: number): { path: number[]; before: number } {
    const path = [state];
    let at = this.#parents.at(state);
    for (; at >= 0; at = this.#parents.at(at)) path.unshift(at);
    return { path, before: at === -1 ? -1 : outsideOf(at) };
  }

  /** By state: the steps to it. `before`: those to where a way in begins. */
  depths(before: (entry: number) => number): Uint16Array {
    const depths = new Uint16Array(this.#parents.length);
    for (let state = 0; state < depths.length; state++) {
      const parent = this.#parents.at(state);
      if (parent >= 0) depths[state] = (depths[parent] as number) + 1;
      else if (parent < -1) depths[state] = before(outsideOf(parent)) + 1;
    }
    return depths;
  }
}

/** How a way into a region is written down as a parent, and the way in for what was written down. */
export function outsideOf(entry: number): number {
  return -2 - entry;
}
