/** Breadth first through all states, so that the first trace found to a broken rule is a shortest one. */
import { planService } from "../../../shared/protocol/plan.ts";
import { stepFaults } from "./faults.ts";
import { Judge, Violation } from "./judge.ts";
import { type Emit, stepConnections, stepKubernetes } from "./kubernetes.ts";
import { Graph } from "./loops.ts";
import { stepCommands, stepPods } from "./people.ts";
import { type Decide, Plans } from "./plans.ts";
import { begin, type Start } from "./starts.ts";
import { type Bound, Draft, Space } from "./state.ts";
import { type Actors, isBusy, stepSync } from "./sync.ts";
import { Numbers } from "./tuples.ts";

export interface Finding {
  what: string;
  /** One line a step, from the start. */
  story: string[];
}

export interface Report {
  states: number;
  transitions: number;
  /** Steps of the longest shortest way to a state. */
  depth: number;
  /** States in which nothing is left to do. */
  rests: number;
  /** Distinct snapshots the core was asked about. */
  plans: number;
  writes: ReadonlyMap<string, number>;
  holds: ReadonlyMap<string, number>;
  finding: Finding | undefined;
}

export interface Options {
  start: Start;
  bound: Bound;
  decide?: Decide;
  /** What people, pods and faults do, in words, and the state before it: only what is accepted happens. Default: everything. */
  accept?: (what: string, before: Draft) => boolean;
  /** Shown every state in which nothing is left to do. The draft is reused. */
  onRest?: (draft: Draft, space: Space, plans: Plans) => void;
  /** Told now and then: states found and states still to be looked at. */
  onProgress?: (states: number, frontier: number) => void;
}

export class Exploration {
  readonly #space: Space;
  readonly #plans: Plans;
  readonly #judge: Judge;
  readonly #actors: Actors;
  readonly #options: Options;
  readonly #draft = new Draft();
  readonly #next = new Draft();
  readonly #parents = new Numbers();
  /** Steps of the protocol alone, for finding loops. */
  readonly #graph = new Graph();
  /** Steps of the protocol out of the state that is being looked at. */
  #ways = 0;
  #transitions = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#space = new Space(["east", "west"], options.bound);
    this.#plans = new Plans(this.#space, options.decide ?? planService);
    this.#judge = new Judge(this.#space);
    this.#actors = {
      space: this.#space,
      plans: this.#plans,
      onWrite: (...write) => this.#judge.judgeWrite(...write),
      crashed: new Draft(),
    };
  }

  /** Looks at every state within the bound, or up to the first broken rule. */
  run(): Report {
    const { states } = this.#space;
    this.#note(this.#space.intern(begin(this.#space, this.#options.start, this.#options.bound)), -1);
    let depth = 0;
    let layerEnd = 1;
    let rests = 0;
    for (let state = 0; state < states.size; state++) {
      if (state === layerEnd) {
        depth += 1;
        layerEnd = states.size;
      }
      if (state % 65536 === 0) this.#options.onProgress?.(states.size, states.size - state);
      const finding = this.#look(state);
      if (finding) return this.#report(depth, rests, finding);
      if (this.#ways === 0) rests += 1;
    }
    return this.#report(depth, rests, this.#findLoop());
  }

  /** Follows every step out of a state. */
  #look(state: number): Finding | undefined {
    const draft = this.#draft;
    this.#space.open(state, draft);
    this.#graph.open();
    this.#ways = 0;
    const protocol: Emit = (next, _what, belated) => {
      const id = this.#space.intern(next);
      this.#note(id, state);
      if (id === state) return;
      this.#ways += 1;
      if (!belated) this.#graph.add(id);
    };
    const { accept } = this.#options;
    const outside: Emit = (next, what) => {
      if (accept?.(what(), draft) ?? true) this.#note(this.#space.intern(next), state);
    };
    try {
      this.#steps(draft, this.#next, protocol, outside);
      if (this.#ways === 0) this.#judgeRest(draft);
      return undefined;
    } catch (error) {
      if (!(error instanceof Violation)) throw new Error(this.#tell(state).join("\n"), { cause: error });
      return { what: error.message, story: this.#tell(state) };
    }
  }

  #judgeRest(draft: Draft): void {
    const busy = this.#space.names.find((_, cluster) => isBusy(this.#actors, draft, cluster));
    if (busy) throw new Violation(`(e) ${busy} writes again and again, and nothing changes`);
    this.#judge.judgeRest(draft);
    this.#options.onRest?.(draft, this.#space, this.#plans);
  }

  #steps(draft: Draft, next: Draft, protocol: Emit, outside: Emit): void {
    const { commands, podChanges, faults } = draft;
    stepKubernetes(this.#space, draft, next, protocol);
    const done = this.#ways;
    stepConnections(this.#space, draft, next, protocol);
    const healing = this.#ways - done;
    // Kubernetes does what it has to some time: a loop in which it waits for ever is none.
    const waits = this.#ways > 0;
    stepSync(this.#actors, draft, next, (found, what, belated) =>
      (found.faults === faults ? protocol : outside)(found, what, belated || waits),
    );
    if (this.#ways === healing) draft.racing = 0;
    if (faults > 0) stepFaults(this.#space, this.#plans, draft, next, outside);
    if (!this.#space.mayRace(draft)) return;
    if (commands > 0) stepCommands(this.#space, this.#plans, draft, next, outside);
    if (podChanges > 0) stepPods(this.#space, draft, next, outside);
  }

  #note(id: number, parent: number): void {
    this.#transitions += 1;
    if (id === this.#parents.length) this.#parents.push(parent);
  }

  /** The story of how a state came to be; its last line is the step out of it that broke a rule, if one did. */
  #tell(state: number): string[] {
    const path = [state];
    for (let at = this.#parents.at(state); at >= 0; at = this.#parents.at(at)) path.unshift(at);
    const story: string[] = [];
    for (const [i, from] of path.entries()) story.push(...this.#tellStep(from, path[i + 1]));
    return story;
  }

  #tellStep(from: number, to: number | undefined): string[] {
    const draft = new Draft();
    this.#space.open(from, draft);
    const found: string[] = [];
    const listen: Emit = (next, what) => {
      const id = this.#space.intern(next);
      if (id === to) found.push(what());
      if (id !== from) this.#ways += 1;
    };
    this.#ways = 0;
    try {
      this.#steps(draft, new Draft(), listen, listen);
    } catch (error) {
      if (to === undefined) return [`then: ${error instanceof Error ? error.message : error}`];
    }
    return found.slice(0, 1);
  }

  /** Somebody who writes for ever: a loop of steps of the protocol alone. */
  #findLoop(): Finding | undefined {
    const loop = this.#graph.findLoop();
    if (!loop) return undefined;
    const [first = 0] = loop;
    const round = loop.flatMap((state, i) => this.#tellStep(state, loop[i + 1] ?? first));
    return {
      what: "(e) the same writes again and again",
      story: [...this.#tell(first), "and then, for ever:", ...round],
    };
  }

  #report(depth: number, rests: number, finding: Finding | undefined): Report {
    const { writes, holds, size } = this.#plans;
    const { size: states } = this.#space.states;
    return { states, transitions: this.#transitions, depth, rests, plans: size, writes, holds, finding };
  }
}
