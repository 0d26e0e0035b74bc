/** What may still happen after something has. */
import { openBudgets, packBudgets } from "./budgets.ts";
import { Draft } from "./draft.ts";
import { Pairs } from "./pairs.ts";

export const COMMAND = 0;
export const POD_CHANGE = 1;
export const FAULT = 2;
/** Everything is quiet again. */
export const REST = 3;

export class Charges {
  readonly #known = new Pairs();
  readonly #draft = new Draft();
  readonly #counts: boolean;

  /** `counts`: it matters how much has happened since everything was quiet. */
  constructor(counts: boolean) {
    this.#counts = counts;
  }

  /** The budgets after a command (which moves the clock), a pod change, a fault or a rest. */
  after(what: number, budgets: number): number {
    const known = this.#known.get(what, budgets);
    if (known >= 0) return known;
    const draft = this.#draft;
    openBudgets(budgets, draft);
    if (what === COMMAND) draft.charge("commands");
    else if (what === POD_CHANGE) draft.charge("podChanges");
    else if (what === FAULT) draft.charge("faults");
    if (what === COMMAND) draft.clock += 1;
    if (what === REST || !this.#counts) draft.racing = 0;
    const after = packBudgets(draft);
    this.#known.set(what, budgets, after);
    return after;
  }
}
