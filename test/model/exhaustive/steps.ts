/** Every step out of a state. */
import type { Beginnings } from "./begin.ts";
import { clockOf, commandsOf, faultsOf, podChangesOf, racingOf } from "./budgets.ts";
import { Charges, COMMAND, FAULT, POD_CHANGE, REST } from "./charges.ts";
import { Draft } from "./draft.ts";
import { CUTS, sayCut } from "./faults.ts";
import type { Judge } from "./judge.ts";
import type { Locals } from "./locals.ts";
import {
  BELATED,
  COMMANDS,
  CONNECTION,
  CUTTING,
  FAULTS,
  FAULTY,
  KUBERNETES,
  Moves,
  PODS,
  type Question,
  SYNC,
} from "./moves.ts";
import { Pairs } from "./pairs.ts";
import { isSingular } from "./people.ts";
import type { Plans } from "./plans.ts";
import type { Space } from "./state.ts";

/** The two halves of a state and its budgets, see `packBudgets`. */
export interface Place {
  east: number;
  west: number;
  budgets: number;
}

/**
 * Receives each state that may follow. `protocol`: no person, pod or fault made it. `belated`: it is not the step that follows from
 * all the news, so nobody takes it for ever.
 */
export type Visit = (east: number, west: number, budgets: number, protocol: boolean, belated: boolean) => void;

/** What all regions of one exploration share. */
export interface Explorer {
  space: Space;
  plans: Plans;
  beginnings: Beginnings;
  locals: Locals;
  judge: Judge;
  /** Pods that nobody selects change at any time. */
  whole: boolean;
}

export class Steps {
  readonly #space: Space;
  readonly #locals: Locals;
  readonly #moves: Moves;
  readonly #judge: Judge;
  readonly #whole: boolean;
  readonly #charges: Charges;
  readonly #delivered = new Pairs();
  readonly #draft = new Draft();
  /** The state whose steps are taken, and how to tell the last one. */
  #place: Place = { east: 0, west: 0, budgets: 0 };
  #visit: Visit = () => undefined;
  #question: Omit<Question, "local" | "side"> = { kind: 0, cluster: 0, detail: 0 };
  #index = 0;
  #cut: readonly number[] | undefined;

  constructor({ space, plans, beginnings, locals, judge, whole }: Explorer) {
    this.#space = space;
    this.#locals = locals;
    this.#moves = new Moves(space, plans, beginnings, locals);
    this.#judge = judge;
    this.#whole = whole;
    this.#charges = new Charges(space.racing !== undefined);
  }

  /** Visits all that the protocol and Kubernetes may do; throws a `Violation`. */
  stepProtocol(place: Place, visit: Visit): void {
    this.#place = place;
    this.#visit = visit;
    this.#cut = undefined;
    const locals = this.#locals;
    const { shown } = this.#space;
    const { budgets } = place;
    // Kubernetes does what it has to some time, and connections come back: a loop in which they wait for ever is none.
    let waits = false;
    for (const cluster of [0, 1]) {
      if (this.#take(KUBERNETES, cluster, 0, budgets, true, false)) waits = true;
      if (locals.isConnected(this.#own(cluster))) continue;
      this.#take(CONNECTION, cluster, shown.of(locals.side(this.#own(1 - cluster))), budgets, true, false);
      waits = true;
    }
    const detail = this.#detailOfSync();
    for (const cluster of [0, 1]) this.#take(SYNC, cluster, detail, budgets, true, waits);
  }

  /** Visits all that people, pods and faults may do. `quiet`: nothing else is left to do. `holdsBack`: but for pods. */
  stepOutside(place: Place, quiet: boolean, holdsBack: boolean, visit: Visit): void {
    this.#visit = visit;
    this.#place = quiet ? { ...place, budgets: this.#charges.after(REST, place.budgets) } : place;
    this.#cut = undefined;
    const { budgets } = this.#place;
    const { racing } = this.#space;
    if (faultsOf(budgets) > 0) this.#stepFaults(budgets);
    if (racing !== undefined && racingOf(budgets) >= racing) return;
    if (commandsOf(budgets) > 0) this.#stepCommands(budgets);
    if (!holdsBack && podChangesOf(budgets) > 0) this.#stepPods(budgets, quiet);
  }

  /** Visits the changes of pods alone. */
  stepPodsOnly(place: Place, quiet: boolean, visit: Visit): void {
    this.#visit = visit;
    this.#place = quiet ? { ...place, budgets: this.#charges.after(REST, place.budgets) } : place;
    this.#stepPods(this.#place.budgets, quiet);
  }

  /** What a process that has seen everything would do, nothing being under way. */
  endOf({ east, west, budgets }: Place, cluster: number): "rests" | "works" | "toils" {
    const [own, other] = cluster === 0 ? [east, west] : [west, east];
    const locals = this.#locals;
    return this.#moves.endOf(
      this.#moves.find(SYNC, own, cluster, locals.side(other), clockOf(budgets) * 2 + this.#mayCrash(budgets)),
    );
  }

  /** Whether a controller would change something. */
  hasKubernetesWork({ east, west }: Place): boolean {
    return [east, west].some(
      (local, cluster) => this.#moves.count(this.#moves.find(KUBERNETES, local, cluster, 0, 0)) > 0,
    );
  }

  /** The step visited last, in words. */
  say(): string {
    if (this.#cut) return sayCut(this.#space, this.#cut);
    const { cluster } = this.#question;
    const side = this.#locals.side(this.#own(1 - cluster));
    return this.#moves.say({ ...this.#question, local: this.#own(cluster), side }, this.#index);
  }

  #own(cluster: number): number {
    return cluster === 0 ? this.#place.east : this.#place.west;
  }

  #mayCrash(budgets: number): number {
    return Number(faultsOf(budgets) > 0 && this.#space.mayFail("crash"));
  }

  #detailOfSync(): number {
    const { budgets } = this.#place;
    return clockOf(budgets) * 2 + this.#mayCrash(budgets);
  }

  #stepFaults(budgets: number): void {
    const locals = this.#locals;
    const after = this.#charges.after(FAULT, budgets);
    for (const cluster of [0, 1]) this.#take(FAULTS, cluster, clockOf(budgets), after, false, false);
    const { east, west } = this.#place;
    if (!locals.isConnected(east) || !locals.isConnected(west)) return;
    for (const [kind, cut] of CUTS) {
      if (!this.#space.mayFail(kind)) continue;
      const [first, second] = [0, 1].map((cluster) => this.#cutOff(cluster, cut)) as [number, number];
      this.#cut = cut;
      this.#visit(first, second, after, false, false);
      this.#cut = undefined;
    }
  }

  #cutOff(cluster: number, cut: readonly number[]): number {
    const own = this.#own(cluster);
    return cut.includes(cluster) ? this.#moves.local(this.#moves.find(CUTTING, own, cluster, 0, 0), 0) : own;
  }

  #stepCommands(budgets: number): void {
    const locals = this.#locals;
    const { east, west } = this.#place;
    const singular = isSingular(this.#space, locals.side(east), locals.side(west));
    const detail = clockOf(budgets) * 2 + Number(singular);
    const after = this.#charges.after(COMMAND, budgets);
    for (const cluster of [0, 1]) this.#take(COMMANDS, cluster, detail, after, false, false);
  }

  /** Pods that no Service of their cluster selects are looked at by nobody: they change when all is quiet, or once there is a selector. */
  #stepPods(budgets: number, quiet: boolean): void {
    const locals = this.#locals;
    const { sides } = this.#space;
    const used = this.#space.podsMade(podChangesOf(budgets));
    const after = this.#charges.after(POD_CHANGE, budgets);
    for (const cluster of [0, 1]) {
      if (!quiet && !this.#whole && !sides.selects(locals.side(this.#own(cluster)))) continue;
      this.#take(PODS, cluster, used, after, false, false);
    }
  }

  /** Visits the moves of one kind in one cluster; false if there are none. */
  #take(kind: number, cluster: number, detail: number, budgets: number, protocol: boolean, waits: boolean): boolean {
    const moves = this.#moves;
    const [own, other] = [this.#own(cluster), this.#own(1 - cluster)];
    const side = this.#locals.side(other);
    const list = moves.find(kind, own, cluster, side, detail);
    const count = moves.count(list);
    if (count === 0) return false;
    this.#question = { kind, cluster, detail };
    for (let i = 0; i < count; i++) this.#move(list, i, budgets, protocol, waits);
    return true;
  }

  #move(list: number, i: number, budgets: number, protocol: boolean, waits: boolean): void {
    const moves = this.#moves;
    const { kind, cluster } = this.#question;
    const other = this.#own(1 - cluster);
    const side = this.#locals.side(other);
    this.#index = i;
    const writes = moves.writes(list, i);
    if (writes !== 0) this.#space.written.judge(writes, side, this.#judge);
    const local = moves.local(list, i);
    const heard = this.#hear(other, moves.news(list, i));
    const flags = moves.flags(list, i);
    const isFaulty = kind === SYNC && (flags & FAULTY) !== 0;
    const after = isFaulty ? this.#charges.after(FAULT, budgets) : budgets;
    const belated = waits || (flags & BELATED) !== 0;
    if (cluster === 0) this.#visit(local, heard, after, protocol && !isFaulty, belated);
    else this.#visit(heard, local, after, protocol && !isFaulty, belated);
  }

  /** The other half, once it has heard the news. */
  #hear(local: number, news: number): number {
    if (news === 0) return local;
    const known = this.#delivered.get(local, news);
    if (known >= 0) return known;
    const locals = this.#locals;
    const { watches } = this.#space;
    locals.open(local, this.#draft, 0);
    this.#space.news.deliver(news, this.#draft, 0, watches);
    const after = locals.intern(this.#draft, 0);
    this.#delivered.set(local, news, after);
    return after;
  }
}
