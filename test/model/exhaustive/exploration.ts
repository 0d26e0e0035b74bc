/** Breadth first through all states, so that the first trace found to a broken rule is a shortest one. */
import { planService } from "../../../shared/protocol/plan.ts";
import { Beginnings } from "./begin.ts";
import { packBudgets, podChangesOf } from "./budgets.ts";
import { Judge } from "./judge.ts";
import { Locals } from "./locals.ts";
import { Plans } from "./plans.ts";
import { Records } from "./records.ts";
import { outsideOf, Region } from "./region.ts";
import type { Finding, Options, Progress, Report } from "./report.ts";
import { begin } from "./starts.ts";
import { Space } from "./state.ts";
import { type Explorer, Steps, type Visit } from "./steps.ts";
import { type Route, Walk } from "./walk.ts";

export class Exploration {
  readonly #options: Options;
  readonly #explorer: Explorer;
  readonly #steps: Steps;
  readonly #totals = { states: 0, worlds: 0, transitions: 0, rests: 0, depth: 0 };

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
    const { space } = this.#explorer;
    for (const cluster of [0, 1]) space.startPods[cluster] = space.sides.podsAt(first.side(cluster));
    const region = this.#newRegion();
    region.note(region.locals.intern(first, 0), region.locals.intern(first, 1), packBudgets(first), -1);
    const main = new Walk(this.#explorer, this.#options, {
      region,
      holdsBack: split ?? false,
      before: () => [],
      onProgress: (states, frontier, events) => this.#tell({ states, frontier, events, part: 0, parts: 0 }),
    });
    const finding = main.run();
    const depths = region.depths();
    this.#count(main, depths);
    return this.#report(finding ?? (split ? this.#runParts(main, depths) : undefined));
  }

  /** After the last pod change pods stay as they are, so states with other pods are never the same: each lot on its own, and forgotten. */
  #runParts(main: Walk, depths: Uint16Array): Finding | undefined {
    const parts = [...this.#findParts(main)].sort(([a], [b]) => a - b);
    for (const [i, [, entries]] of parts.entries()) {
      const walk = this.#enter(main, entries, (found, frontier, events) => {
        const states = main.region.states.size + found;
        this.#tell({ states, frontier, events, part: i + 1, parts: parts.length });
      });
      const finding = walk.run();
      this.#count(walk, walk.region.depths(depths));
      if (finding) return finding;
    }
    return undefined;
  }

  /** Another region, in which the pods are those of a part from the first. */
  #enter(main: Walk, entries: Records, onProgress: Route["onProgress"]): Walk {
    const region = this.#newRegion();
    for (let i = 0; i < entries.length; i++) {
      const [from, east, west, budgets] = ENTRY.map((member) => entries.get(i, member)) as [
        number,
        number,
        number,
        number,
      ];
      region.note(east, west, budgets, outsideOf(from));
    }
    const before = (state: number, next: number) =>
      main.tellChange(state, (place) => region.states.equals(next, place));
    return new Walk(this.#explorer, this.#options, { region, holdsBack: false, before, onProgress });
  }

  #tell(progress: Progress): void {
    this.#options.onProgress?.(progress);
  }

  /** All last pod changes, by the pods that there are afterwards: the states they happen in, and what these become. */
  #findParts(main: Walk): Map<number, Records> {
    const { states, steps, locals } = main.region;
    const { sides } = this.#explorer.space;
    const parts = new Map<number, Records>();
    let from = 0;
    const visit: Visit = (east, west, budgets) => {
      const [first, second] = [sides.podsAt(locals.side(east)), sides.podsAt(locals.side(west))];
      const part = first * MOST_PODS + second;
      const entries = parts.get(part) ?? new Records(ENTRY.length);
      parts.set(part, entries);
      const entry = entries.add();
      for (const [member, value] of [from, east, west, budgets].entries()) entries.set(entry, member, value);
    };
    for (; from < states.size; from++) {
      if (states.isCovered(from) || podChangesOf(states.budgetsOf(from)) !== 1) continue;
      const place = main.region.placeOf(from);
      steps.stepPodsOnly(place, main.isQuiet(from, place), visit);
    }
    return parts;
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
/** Members of a step over to a part: the state before, the halves and the budgets after it. */
const ENTRY = [0, 1, 2, 3] as const;
