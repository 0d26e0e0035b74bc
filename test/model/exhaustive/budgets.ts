/** What may still happen in a state, together with whose passes have been overtaken and the clock, as one number. */
import type { Draft } from "./draft.ts";
import { OVERTAKEN } from "./draft.ts";

/** Four bits for each member, the highest of which stays free for comparing all at once. */
const GUARDS = 0x08888888;
const FRESH = [20, 24] as const;
const CLOCK = 28;

/** More of each is worth more: what may still happen, and passes that have not been overtaken, which are judged. */
export function packBudgets({ commands, podChanges, faults, events, racing, clock, processes }: Draft): number {
  const all = commands | (podChanges << 4) | (faults << 8) | (events << 12) | ((7 - racing) << 16) | (clock << CLOCK);
  return withFreshness(all, processes[0][OVERTAKEN] !== 0, processes[1][OVERTAKEN] !== 0);
}

/** The same with other passes overtaken, east's and west's. */
export function withFreshness(budgets: number, east: boolean, west: boolean): number {
  const others = budgets & ~((1 << FRESH[0]) | (1 << FRESH[1]));
  return others | (east ? 0 : 1 << FRESH[0]) | (west ? 0 : 1 << FRESH[1]);
}

/** Fills in all but what the processes know. */
export function openBudgets(budgets: number, into: Draft): void {
  into.commands = budgets & 7;
  into.podChanges = (budgets >> 4) & 7;
  into.faults = (budgets >> 8) & 7;
  into.events = (budgets >> 12) & 7;
  into.racing = 7 - ((budgets >> 16) & 7);
  into.clock = clockOf(budgets);
}

export function clockOf(budgets: number): number {
  return (budgets >> CLOCK) & 7;
}

export function faultsOf(budgets: number): number {
  return (budgets >> 8) & 7;
}

export function eventsOf(budgets: number): number {
  return (budgets >> 12) & 7;
}

/** True if whoever has `some` may do all that whoever has `others` may, at the same time. */
export function isAsMuch(some: number, others: number): boolean {
  return (((some | GUARDS) - others) & GUARDS) === GUARDS;
}

export function commandsOf(budgets: number): number {
  return budgets & 7;
}

export function podChangesOf(budgets: number): number {
  return (budgets >> 4) & 7;
}

export function racingOf(budgets: number): number {
  return 7 - ((budgets >> 16) & 7);
}
