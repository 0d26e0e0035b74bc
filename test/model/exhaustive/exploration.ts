/** Breadth first through all states, so that the first trace found to a broken rule is a shortest one. */
import { planService } from "../../../shared/protocol/plan.ts";
import { Beginnings } from "./begin.ts";
import { packBudgets, podChangesOf } from "./budgets.ts";
import { Entries } from "./entries.ts";
import { Judge } from "./judge.ts";
import { Locals } from "./locals.ts";
import { Plans } from "./plans.ts";
import { outsideOf, Region } from "./region.ts";
import type { Finding, Options, Progress, Report } from "./report.ts";
import { begin } from "./starts.ts";
import { Space } from "./state.ts";
import { type Explorer, Steps, type Visit } from "./steps.ts";
import { type Route, Walk } from "./walk.ts";

/** A walk that has come to its end, and by state the steps to it. */
interface Walked {
  walk: Walk;
  depths: Uint16Array;
}

export class Exploration {
  readonly #options: Options;
  readonly #explorer: Explorer;
  readonly #steps: Steps;
  readonly #totals = { states: 0, worlds: 0, transitions: 0, rests: 0, depth: 0 };
  /** All walks that others begin from, in the order they came to their ends. */
  readonly #walked: Walked[] = [];

  constructor(options: Options) {
    this.#options = options;
    const space = new Space(["east", "west"], options.bound);
    const plans = new Plans(space, options.decide ?? planService);
    const whole = options.whole ?? options.accept !== undefined;
    const [beginnings, locals, judge] = [new Beginnings(space, plans), new Locals(), new Judge(space)];
    this.#explorer = { space, plans, beginnings, locals, judge, whole };
    this.#steps = new Steps(this.#explorer);
  }

  /** Looks at every state within the bound, or up to the first broken rule. */
  run(): Report {
    const { start, bound, split } = this.#options;
    const first = begin(this.#explorer.space, start, bound);
    const region = this.#newRegion();
    region.note(region.locals.intern(first, 0), region.locals.intern(first, 1), packBudgets(first), -1);
    const route = { region, holdsBack: split ?? false, before: () => [], onProgress: this.#progressOf(0, 0) };
    return this.#report(this.#walk(route, () => 0) ?? (split ? this.#walkParts(bound.podChanges) : undefined));
  }

  #walk(route: Route, depthOf: (entry: number) => number): Finding | undefined {
    const walk = new Walk(this.#explorer, this.#options, route);
    const finding = walk.run();
    const depths = walk.region.depths(depthOf);
    this.#count(walk, depths);
    if (route.holdsBack) this.#walked.push({ walk, depths });
    return finding;
  }

  /**
   * Pods that changed never are what they were with as many changes left, so states with other pods are never the same: those of each set
   * of pods on their own, first all sets after one change, then all after two. What nothing begins from any more is forgotten.
   */
  #walkParts(podChanges: number): Finding | undefined {
    let done = 0;
    for (let left = podChanges - 1; left >= 0; left--) {
      const parts = this.#findParts(done);
      done = this.#walked.length;
      let part = 0;
      for (const pods of [...parts.keys()].sort((a, b) => a - b)) {
        const entries = parts.get(pods) as Entries;
        parts.delete(pods);
        const onProgress = this.#progressOf(++part, part + parts.size);
        const finding = this.#walkPart(entries, left > 0, onProgress);
        if (finding) return finding;
      }
    }
    return undefined;
  }

  #walkPart(entries: Entries, holdsBack: boolean, onProgress: Route["onProgress"]): Finding | undefined {
    const region = this.#newRegion();
    for (let entry = 0; entry < entries.length; entry++) {
      const { east, west, budgets } = entries.placeOf(entry);
      region.note(east, west, budgets, outsideOf(entry));
    }
    const before = (entry: number, next: number) => {
      const { walk, state } = entries.originOf(entry);
      return (this.#walked[walk] as Walked).walk.tellChange(state, (place) => region.states.equals(next, place));
    };
    return this.#walk({ region, holdsBack, before, onProgress }, (entry) => {
      const { walk, state } = entries.originOf(entry);
      return (this.#walked[walk] as Walked).depths[state] as number;
    });
  }

  #progressOf(part: number, parts: number): Route["onProgress"] {
    return (found, frontier, events) => {
      const states = this.#walked.reduce((sum, { walk }) => sum + walk.region.states.size, found);
      this.#tell({ states, frontier, events, part, parts });
    };
  }

  #tell(progress: Progress): void {
    this.#options.onProgress?.(progress);
  }

  /** All pod changes that may follow the walks from this one on, by the pods that there are afterwards. */
  #findParts(first: number): Map<number, Entries> {
    const parts = new Map<number, Entries>();
    for (const [i, { walk }] of this.#walked.entries()) {
      if (i < first) continue;
      this.#findChanges(walk, i, parts);
      walk.region.forget();
    }
    return parts;
  }

  #findChanges(walk: Walk, number: number, parts: Map<number, Entries>): void {
    const { states, steps, locals } = walk.region;
    const { sides } = this.#explorer.space;
    let from = 0;
    const visit: Visit = (east, west, budgets) => {
      const [first, second] = [sides.podsAt(locals.side(east)), sides.podsAt(locals.side(west))];
      const pods = first * MOST_PODS + second;
      const entries = parts.get(pods) ?? new Entries();
      parts.set(pods, entries);
      entries.add(number, from, { east, west, budgets });
    };
    for (; from < states.size; from++) {
      if (states.isCovered(from) || podChangesOf(states.budgetsOf(from)) === 0) continue;
      const place = walk.region.placeOf(from);
      steps.stepPodsOnly(place, walk.isQuiet(from, place), visit);
    }
  }

  #newRegion(): Region {
    return new Region(this.#explorer, this.#steps, this.#options.bound.events);
  }

  #count({ region, transitions, rests }: Walk, depths: Uint16Array): void {
    const totals = this.#totals;
    totals.states += region.states.size;
    totals.worlds += region.states.worlds;
    totals.transitions += transitions;
    totals.rests += rests;
    totals.depth = depths.reduce((most, depth) => Math.max(most, depth), totals.depth);
  }

  #report(finding: Finding | undefined): Report {
    const { writes, holds, size } = this.#explorer.plans;
    return { ...this.#totals, plans: size, writes, holds, finding };
  }
}

/** Sets of pods are fewer than that. */
const MOST_PODS = 1000;
