/** What may happen next in one cluster, worked out once for all states in which it is the same there. */
import type { Beginnings } from "./begin.ts";
import { Draft, PENDING } from "./draft.ts";
import { stepCut, stepFaults } from "./faults.ts";
import { type Emit, type Scene, stepConnection, stepKubernetes } from "./kubernetes.ts";
import type { Locals } from "./locals.ts";
import { Pairs } from "./pairs.ts";
import { stepCommands, stepPods } from "./people.ts";
import type { Plans } from "./plans.ts";
import type { Space } from "./state.ts";
import { stepSync } from "./sync.ts";
import { Numbers } from "./tuples.ts";

export const KUBERNETES = 0;
export const CONNECTION = 1;
export const SYNC = 2;
export const COMMANDS = 3;
export const PODS = 4;
export const FAULTS = 5;
export const CUTTING = 6;
const KINDS = 7;

/** What else there is to know of a half of a state, as `detail`: a number that depends on what is asked. */
export interface Question {
  kind: number;
  local: number;
  cluster: number;
  /** The other cluster's side. */
  side: number;
  /**
   * `CONNECTION`: what is seen of the other side; `SYNC`: twice the clock, and 1 if processes may be killed; `COMMANDS`: twice the clock, and 1 if the
   * latest intent is singular; `PODS`: the highest number of a pod so far; `FAULTS`: the clock; else 0.
   */
  detail: number;
}

/** Members of a move: the half afterwards, what the other half hears, the writes made, and how. */
const WIDTH = 4;
const HEAD = 2;
/** Nobody takes this step for ever. */
export const BELATED = 1;
/** A fault is part of it. */
export const FAULTY = 2;

/** By kind; `SYNC` needs more. */
const STEPS: readonly (((scene: Scene, detail: number) => void) | undefined)[] = [
  stepKubernetes,
  stepConnection,
  undefined,
  (scene, detail) => stepCommands(scene, (detail & 1) === 1),
  stepPods,
  stepFaults,
  stepCut,
];

const ENDS = ["rests", "works", "toils"] as const;

export class Moves {
  readonly #space: Space;
  readonly #plans: Plans;
  readonly #beginnings: Beginnings;
  readonly #locals: Locals;
  /** By kind: where the list for a half and a detail begins; below -1 if it depends on what is seen of the other side as well. */
  readonly #lists = Array.from({ length: KINDS }, () => new Pairs());
  readonly #reading = new Pairs();
  #readers = 0;
  readonly #data = new Numbers();
  readonly #draft = new Draft();
  readonly #next = new Draft();
  readonly #crashed = new Draft();

  constructor(space: Space, plans: Plans, beginnings: Beginnings, locals: Locals) {
    this.#space = space;
    this.#plans = plans;
    this.#beginnings = beginnings;
    this.#locals = locals;
  }

  /** Where the list of all moves of one kind begins. */
  find(kind: number, local: number, cluster: number, side: number, detail: number): number {
    const who = local * 2 + cluster;
    const known = this.#look(kind, who, side, detail);
    if (known >= 0) return known;
    const start = this.#data.length;
    // What a process does that may be killed is all that it does otherwise, and more.
    const more = kind === SYNC && (detail & 1) === 0 ? this.#look(kind, who, side, detail + 1) : -1;
    const isRead =
      more < 0 ? this.#work({ kind, local, cluster, side, detail }) : this.#copyWithoutFaults(more, who, detail + 1);
    this.#keep(kind, who, side, detail, isRead, start);
    return start;
  }

  /** The list, -1 if it is not known. */
  #look(kind: number, who: number, side: number, detail: number): number {
    const known = (this.#lists[kind] as Pairs).get(who, detail);
    return known < -1 ? this.#reading.get(-2 - known, this.#space.shown.of(side)) : known;
  }

  #keep(kind: number, who: number, side: number, detail: number, isRead: boolean, start: number): void {
    const lists = this.#lists[kind] as Pairs;
    if (!isRead) {
      lists.set(who, detail, start);
      return;
    }
    const known = lists.get(who, detail);
    const reader = known < -1 ? -2 - known : this.#readers++;
    if (known === -1) lists.set(who, detail, -2 - reader);
    this.#reading.set(reader, this.#space.shown.of(side), start);
  }

  /** Appends the moves of a list that no fault is part of; true if that list depends on the other cluster's side. */
  #copyWithoutFaults(list: number, who: number, detail: number): boolean {
    const data = this.#data;
    const kept = Array.from({ length: this.count(list) }, (_, i) => i).filter(
      (i) => (this.flags(list, i) & FAULTY) === 0,
    );
    data.push(kept.length);
    data.push(data.at(list + 1));
    for (const i of kept)
      for (let member = 0; member < WIDTH; member++) data.push(data.at(list + HEAD + i * WIDTH + member));
    return (this.#lists[SYNC] as Pairs).get(who, detail) < -1;
  }

  count(list: number): number {
    return this.#data.at(list);
  }

  /** What a process that has seen everything would do; of `SYNC` without a pass under way. */
  endOf(list: number): (typeof ENDS)[number] {
    return ENDS[this.#data.at(list + 1)] ?? "works";
  }

  /** The half of the state after a move. */
  local(list: number, index: number): number {
    return this.#data.at(list + HEAD + index * WIDTH);
  }

  /** What the other half hears of a move, see `News`. */
  news(list: number, index: number): number {
    return this.#data.at(list + HEAD + index * WIDTH + 1);
  }

  /** The writes of a move, see `WrittenTable`. */
  writes(list: number, index: number): number {
    return this.#data.at(list + HEAD + index * WIDTH + 2);
  }

  /** `BELATED` and `FAULTY`, added. */
  flags(list: number, index: number): number {
    return this.#data.at(list + HEAD + index * WIDTH + 3);
  }

  /** A move in words. */
  say(question: Question, index: number): string {
    const words: string[] = [];
    this.#run(question, (_, what) => words.push(what()));
    return words[index] ?? "";
  }

  /** Appends the list; true if it depends on the other cluster's side. */
  #work(question: Question): boolean {
    const { cluster, kind } = question;
    const moves: number[] = [];
    const [locals, draft] = [this.#locals, this.#draft];
    this.#run(question, (found, _what, belated) => {
      const flags = (belated ? BELATED : 0) + (found.faults < draft.faults ? FAULTY : 0);
      moves.push(locals.intern(found, cluster), found.news, found.writes, flags);
    });
    const choice = kind === SYNC && draft.process(cluster)[PENDING] === 0 ? this.#beginnings.latest : undefined;
    this.#data.push(moves.length / WIDTH);
    this.#data.push(ENDS.indexOf(choice?.caughtUp ?? "works"));
    for (const member of moves) this.#data.push(member);
    return choice?.read ?? false;
  }

  #run(question: Question, emit: Emit): void {
    const scene = this.#set(question, emit);
    if (question.kind === SYNC) stepSync({ beginnings: this.#beginnings, crashed: this.#crashed }, scene);
    else STEPS[question.kind]?.(scene, question.detail);
  }

  #set({ kind, local, cluster, side, detail }: Question, emit: Emit): Scene {
    const draft = this.#draft;
    this.#locals.open(local, draft, cluster);
    draft.sides[1 - cluster] = side;
    draft.commands = 1;
    draft.podChanges = 1;
    draft.faults = kind === SYNC ? detail & 1 : 1;
    draft.events = 3;
    draft.clock = kind === FAULTS ? detail : detail >> 1;
    return { space: this.#space, plans: this.#plans, draft, next: this.#next, cluster, emit };
  }
}
