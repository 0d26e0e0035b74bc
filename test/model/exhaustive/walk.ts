/** Looks at the states of one region, one after the other. */
import { Draft } from "./draft.ts";
import { Violation } from "./judge.ts";
import type { Region } from "./region.ts";
import type { Finding, Options } from "./report.ts";
import type { Explorer, Place, Visit } from "./steps.ts";
import type { Numbers } from "./tuples.ts";

/** The story up to a state of a walk before, and the pod change that led on to a state of this one. */
type Before = (entry: number, next: number) => string[];

export interface Route {
  region: Region;
  /** Pod changes are left to other regions. */
  holdsBack: boolean;
  before: Before;
  onProgress: (states: number, frontier: number, events: number) => void;
}

/** States looked at between two words about it. */
const PROGRESS = 65_536;

export class Walk {
  readonly region: Region;
  readonly #explorer: Explorer;
  readonly #options: Options;
  readonly #holdsBack: boolean;
  readonly #before: Before;
  readonly #draft = new Draft();
  readonly #onProgress: Route["onProgress"];
  rests = 0;
  transitions = 0;

  constructor(explorer: Explorer, options: Options, { region, holdsBack, before, onProgress }: Route) {
    this.#explorer = explorer;
    this.#options = options;
    this.region = region;
    this.#holdsBack = holdsBack;
    this.#before = before;
    this.#onProgress = onProgress;
  }

  /**
   * Looks at every state, or up to the first broken rule: first at all in which least has happened, then at those after one event
   * more, and so on, so that whatever covers a state by what may still happen is found before it.
   */
  run(): Finding | undefined {
    const { layers } = this.region;
    for (let events = layers.length - 1; events >= 0; events--) {
      const finding = this.#walk(layers[events] as Numbers, events);
      if (finding) return finding;
    }
    return this.#findLoop();
  }

  #walk(layer: Numbers, events: number): Finding | undefined {
    const { states } = this.region;
    for (let i = 0; i < layer.length; i++) {
      const state = layer.at(i);
      if (i % PROGRESS === 0) this.#onProgress(states.size, layer.length - i, events);
      const finding = states.isCovered(state) ? undefined : this.#look(state);
      if (finding) return finding;
    }
    return undefined;
  }

  /** Follows every step out of a state. */
  #look(state: number): Finding | undefined {
    const { region } = this;
    const { states, graph } = region;
    const world = states.worldOf(state);
    const isFirst = !graph.has(world);
    if (isFirst) graph.open(world);
    const place = region.placeOf(state);
    const { accept } = this.#options;
    const visit: Visit = (east, west, budgets, protocol, belated) => {
      if (!protocol && accept && !accept(region.steps.say(), this.#open(state))) return;
      this.transitions += 1;
      const id = region.note(east, west, budgets, state);
      if (protocol && isFirst && !belated) graph.add(states.worldOf(id));
    };
    try {
      this.#follow(state, place, visit);
      return undefined;
    } catch (error) {
      if (!(error instanceof Violation)) throw new Error(this.tell(state).join("\n"), { cause: error });
      return { what: error.message, story: this.tell(state) };
    }
  }

  #follow(state: number, place: Place, visit: Visit): void {
    const { steps } = this.region;
    steps.stepProtocol(place, visit);
    steps.stepOutside(place, this.isQuiet(state, place), this.#holdsBack, visit);
  }

  #open(state: number): Draft {
    this.region.states.open(state, this.#draft);
    return this.#draft;
  }

  /**
   * Whether nothing is left to do, but to connect, once all that is under way has arrived. The first time that is asked of a world in
   * which nothing at all is left to do, it is judged.
   */
  isQuiet(state: number, place: Place): boolean {
    const { locals, quiet, states } = this.region;
    if (!locals.isIdle(place.east) || !locals.isIdle(place.west)) return false;
    const [world, rest] = [states.worldOf(state), this.#explorer.whole ? states.budgetsOf(state) : 0];
    const known = quiet.get(world, rest);
    if (known >= 0) return known === 1;
    const isQuiet = this.#judgeQuiet(state, place);
    quiet.set(world, rest, Number(isQuiet));
    return isQuiet;
  }

  #judgeQuiet(state: number, place: Place): boolean {
    const { locals, steps } = this.region;
    const { space, plans, judge } = this.#explorer;
    if (steps.hasKubernetesWork(place)) return false;
    const ends = [0, 1].map((cluster) => steps.endOf(place, cluster));
    if (ends.includes("works")) return false;
    if (!locals.isConnected(place.east) || !locals.isConnected(place.west)) return true;
    this.rests += 1;
    const vain = space.names[ends.indexOf("toils")];
    if (vain) throw new Violation(`(e) ${vain} writes again and again, and nothing changes`);
    const draft = this.#open(state);
    judge.judgeRest(draft);
    this.#options.onRest?.(draft, space, plans);
    return true;
  }

  /** The story of how a state came to be; its last line is the step out of it that broke a rule, if one did. */
  tell(state: number): string[] {
    const { path, before } = this.region.pathTo(state);
    const { states } = this.region;
    const story = before < 0 ? [] : this.#before(before, path[0] as number);
    for (const [i, from] of path.entries()) {
      const to = path[i + 1];
      story.push(...this.#tellSteps(from, (place) => to !== undefined && states.equals(to, place)));
    }
    return story;
  }

  /** The story of a state and the pod change that led on to what is meant. */
  tellChange(state: number, isMeant: (place: Place) => boolean): string[] {
    const place = this.region.placeOf(state);
    const found: string[] = [];
    this.region.steps.stepPodsOnly(place, this.isQuiet(state, place), (east, west, budgets) => {
      if (isMeant({ east, west, budgets })) found.push(this.region.steps.say());
    });
    return [...this.tell(state), ...found.slice(0, 1)];
  }

  #tellSteps(from: number, isMeant: (place: Place) => boolean): string[] {
    const found: string[] = [];
    const visit: Visit = (east, west, budgets) => {
      if (isMeant({ east, west, budgets })) found.push(this.region.steps.say());
    };
    try {
      this.#follow(from, this.region.placeOf(from), visit);
    } catch (error) {
      return [`then: ${error instanceof Error ? error.message : error}`];
    }
    return found.slice(0, 1);
  }

  /** Somebody who writes for ever: a loop of steps of the protocol alone. */
  #findLoop(): Finding | undefined {
    const { graph, states } = this.region;
    const loop = graph.findLoop();
    if (!loop) return undefined;
    const [first = 0] = loop;
    const round = loop.flatMap((world, i) =>
      this.#tellSteps(states.latestOf(world), (place) => states.isOf(loop[i + 1] ?? first, place)),
    );
    return {
      what: "(e) the same writes again and again",
      story: [...this.tell(states.latestOf(first)), "and then, for ever:", ...round],
    };
  }
}
