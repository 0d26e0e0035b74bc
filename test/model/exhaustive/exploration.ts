/** Breadth first through all states, so that the first trace found to a broken rule is a shortest one. */
import { planService } from "../../../shared/protocol/plan.ts";
import { Beginnings } from "./begin.ts";
import { Draft, LISTED, PENDING, READ, STALE } from "./draft.ts";
import { stepFaults } from "./faults.ts";
import { Judge, Violation } from "./judge.ts";
import { type Emit, hasKubernetesWork, stepConnections, stepKubernetes } from "./kubernetes.ts";
import { Graph } from "./loops.ts";
import { stepCommands, stepPods } from "./people.ts";
import { Plans } from "./plans.ts";
import type { Finding, Options, Report } from "./report.ts";
import { begin } from "./starts.ts";
import { Space } from "./state.ts";
import { type Actors, stepSync } from "./sync.ts";
import { Memory, Numbers } from "./tuples.ts";

export class Exploration {
  readonly #space: Space;
  readonly #plans: Plans;
  readonly #judge: Judge;
  readonly #actors: Actors;
  readonly #options: Options;
  readonly #draft = new Draft();
  readonly #next = new Draft();
  readonly #parents = new Numbers();
  /** States still to be looked at, by the number of events that may still happen in them. */
  readonly #layers: Numbers[];
  /** Worlds at rest, and those that are not, with what may still happen where that matters. */
  readonly #quiet = new Memory<boolean>(2);
  /** Steps of the protocol alone from world to world once all that is under way has arrived, for finding loops. */
  readonly #graph = new Graph();
  readonly #whole: boolean;
  #rests = 0;
  #transitions = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#whole = options.whole ?? options.accept !== undefined;
    this.#space = new Space(["east", "west"], options.bound, this.#whole);
    this.#plans = new Plans(this.#space, options.decide ?? planService);
    this.#judge = new Judge(this.#space);
    this.#layers = Array.from({ length: options.bound.events + 1 }, () => new Numbers());
    this.#actors = {
      space: this.#space,
      beginnings: new Beginnings(this.#space, this.#plans),
      onWrite: (...write) => this.#judge.judgeWrite(...write),
      crashed: new Draft(),
    };
  }

  /**
   * Looks at every state within the bound, or up to the first broken rule: first at all in which nothing has happened, then at
   * those after one event, and so on, so that whatever covers a state by what may still happen is found before it.
   */
  run(): Report {
    this.#note(begin(this.#space, this.#options.start, this.#options.bound), -1);
    for (const layer of this.#layers.toReversed()) {
      const finding = this.#walk(layer);
      if (finding) return this.#report(finding);
    }
    return this.#report(this.#findLoop());
  }

  #walk(layer: Numbers): Finding | undefined {
    const { states } = this.#space;
    for (let i = 0; i < layer.length; i++) {
      const state = layer.at(i);
      if (state % 65536 === 0) this.#options.onProgress?.(states.size, layer.length - i);
      const finding = states.isCovered(state) ? undefined : this.#look(state);
      if (finding) return finding;
    }
    return undefined;
  }

  /** Follows every step out of a state. */
  #look(state: number): Finding | undefined {
    const draft = this.#draft;
    const { states } = this.#space;
    states.open(state, draft);
    const world = states.worldOf(state);
    const isFirst = !this.#graph.has(world);
    if (isFirst) this.#graph.open(world);
    const protocol: Emit = (next, _what, belated) => {
      const id = this.#note(next, state);
      if (isFirst && !belated) this.#graph.add(states.worldOf(id));
    };
    const { accept } = this.#options;
    const outside: Emit = (next, what) => {
      if (accept?.(what(), draft) ?? true) this.#note(next, state);
    };
    try {
      this.#steps(draft, this.#next, protocol, outside, this.#isQuiet(state, draft));
      return undefined;
    } catch (error) {
      if (!(error instanceof Violation)) throw new Error(this.#tell(state).join("\n"), { cause: error });
      return { what: error.message, story: this.#tell(state) };
    }
  }

  #steps(draft: Draft, next: Draft, protocol: Emit, outside: Emit, quiet: boolean): void {
    const { commands, podChanges, faults } = draft;
    this.#stepProtocol(draft, next, protocol, outside);
    if (quiet) draft.racing = 0;
    if (faults > 0) stepFaults(this.#space, this.#plans, draft, next, outside);
    if (!this.#space.mayRace(draft)) return;
    if (commands > 0) stepCommands(this.#space, this.#plans, draft, next, outside);
    if (podChanges > 0) stepPods(this.#space, draft, next, quiet || this.#whole, outside);
  }

  #stepProtocol(draft: Draft, next: Draft, protocol: Emit, outside: Emit): void {
    const { faults } = draft;
    let waits = false;
    const emit: Emit = (found, what) => {
      waits = true;
      protocol(found, what);
    };
    stepKubernetes(this.#space, draft, next, emit);
    stepConnections(this.#space, draft, next, emit);
    // Kubernetes does what it has to some time, and connections come back: a loop in which they wait for ever is none.
    stepSync(this.#actors, draft, next, (found, what, belated) =>
      (found.faults === faults ? protocol : outside)(found, what, belated || waits),
    );
  }

  /**
   * Whether nothing is left to do, but to connect, once all that is under way has arrived. The first time that is asked of a world in
   * which nothing at all is left to do, it is judged.
   */
  #isQuiet(state: number, draft: Draft): boolean {
    const { states } = this.#space;
    if (draft.processes.some((process) => process[PENDING] !== 0 || process[STALE] !== 0)) return false;
    return this.#quiet.of([states.worldOf(state), this.#whole ? states.budgetsOf(state) : 0], () => {
      if (hasKubernetesWork(this.#space, draft)) return false;
      const { beginnings } = this.#actors;
      const ends = [0, 1].map((cluster) => beginnings.of(draft, cluster).caughtUp);
      if (ends.includes("works")) return false;
      if (draft.processes.some((process) => process[LISTED] !== READ)) return true;
      this.#rests += 1;
      const vain = this.#space.names[ends.indexOf("toils")];
      if (vain) throw new Violation(`(e) ${vain} writes again and again, and nothing changes`);
      this.#judge.judgeRest(draft);
      this.#options.onRest?.(draft, this.#space, this.#plans);
      return true;
    });
  }

  /** The number of the state, or of the one that covers it. */
  #note(next: Draft, parent: number): number {
    this.#transitions += 1;
    const id = this.#space.intern(next);
    if (id === this.#parents.length) {
      this.#parents.push(parent);
      this.#layers[next.events]?.push(id);
    }
    return id;
  }

  /** The story of how a state came to be; its last line is the step out of it that broke a rule, if one did. */
  #tell(state: number): string[] {
    const path = [state];
    for (let at = this.#parents.at(state); at >= 0; at = this.#parents.at(at)) path.unshift(at);
    const story: string[] = [];
    for (const [i, from] of path.entries()) story.push(...this.#tellStep(from, path[i + 1]));
    return story;
  }

  /** The step to a state; without one, to the broken rule. */
  #tellStep(from: number, to: number | undefined): string[] {
    return this.#tellSteps(from, (next) => to !== undefined && this.#space.isState(to, next));
  }

  #tellSteps(from: number, isMeant: (next: Draft) => boolean): string[] {
    const draft = new Draft();
    this.#space.states.open(from, draft);
    const found: string[] = [];
    const listen: Emit = (next, what) => {
      if (isMeant(next)) found.push(what());
    };
    try {
      this.#steps(draft, new Draft(), listen, listen, this.#isQuiet(from, draft));
    } catch (error) {
      return [`then: ${error instanceof Error ? error.message : error}`];
    }
    return found.slice(0, 1);
  }

  /** Somebody who writes for ever: a loop of steps of the protocol alone. */
  #findLoop(): Finding | undefined {
    const loop = this.#graph.findLoop();
    if (!loop) return undefined;
    const { states } = this.#space;
    const [first = 0] = loop;
    const round = loop.flatMap((world, i) =>
      this.#tellSteps(states.latestOf(world), (next) => states.isOf(loop[i + 1] ?? first, next)),
    );
    return {
      what: "(e) the same writes again and again",
      story: [...this.#tell(states.latestOf(first)), "and then, for ever:", ...round],
    };
  }

  #report(finding: Finding | undefined): Report {
    const { writes, holds, size } = this.#plans;
    const { size: states, worlds } = this.#space.states;
    const [rests, transitions] = [this.#rests, this.#transitions];
    return { states, worlds, transitions, depth: this.#depth(), rests, plans: size, writes, holds, finding };
  }

  #depth(): number {
    const depths = new Uint16Array(this.#parents.length);
    let deepest = 0;
    for (let state = 1; state < depths.length; state++) {
      const depth = (depths[this.#parents.at(state)] ?? 0) + 1;
      depths[state] = depth;
      deepest = Math.max(deepest, depth);
    }
    return deepest;
  }
}
