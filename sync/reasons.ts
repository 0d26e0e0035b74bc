/** Why Services are not in sync, as the metric shows it: one reason at a time for each. */
import type { Gauge } from "prom-client";

/** No fault, so not among those that are not in sync; only counted. */
export const INDEPENDENT = "Independent";

export class Reasons {
  readonly #gauge: Gauge<"namespace" | "name" | "reason">;
  /** By `namespace/name`. */
  readonly #reasons = new Map<string, string>();

  constructor(gauge: Gauge<"namespace" | "name" | "reason">) {
    this.#gauge = gauge;
  }

  /** Shows a Service's reason in the place of the one before; undefined: it is in sync. True if it is another one. */
  show(namespace: string, name: string, reason: string | undefined): boolean {
    const id = `${namespace}/${name}`;
    const before = this.#reasons.get(id);
    if (before !== undefined && before !== reason) this.#gauge.remove({ namespace, name, reason: before });
    if (reason === undefined) this.#reasons.delete(id);
    else {
      this.#reasons.set(id, reason);
      if (reason !== INDEPENDENT) this.#gauge.set({ namespace, name, reason }, 1);
    }
    return before !== reason;
  }

  /** Services with a reason, as `namespace/name`. */
  get keys(): Iterable<string> {
    return this.#reasons.keys();
  }

  /** Shows none any more: another process tells from now on. */
  clear(): void {
    this.#reasons.clear();
    this.#gauge.reset();
  }

  /** How many Services have this reason now. */
  count(reason: string): number {
    return [...this.#reasons.values()].filter((shown) => shown === reason).length;
  }
}
