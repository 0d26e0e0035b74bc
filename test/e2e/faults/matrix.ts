import type { Operation } from "./exchange.ts";
import { FAULTS, type FaultName } from "./fault.ts";

/** What sync is doing when something goes wrong. */
export const OPERATIONS = ["listing", "watching", "writing"] as const satisfies readonly Operation[];

/** Faults of real processes. */
export const OUTAGES = ["API server restart", "etcd stop", "SIGSTOP of the leader"] as const;

export type Outage = (typeof OUTAGES)[number];

export interface Row {
  fault: FaultName | Outage;
  operation: (typeof OPERATIONS)[number];
}

/** How long things go wrong, in seconds. */
export interface Scale {
  fault: number;
  /** Until the leader goes on; the Lease is another's after 17 s. */
  stop: number;
}

export const SHORT: Scale = { fault: 3, stop: 20 };
export const FULL: Scale = { fault: 30, stop: 60 };

const EVERY_FAULT: readonly (FaultName | Outage)[] = [...(Object.keys(FAULTS) as FaultName[]), ...OUTAGES];

/** The whole matrix. */
export const ROWS: readonly Row[] = EVERY_FAULT.flatMap((fault) =>
  OPERATIONS.map((operation): Row => ({ fault, operation })),
);

/** A fixed third: each fault once, each operation in turn. */
export const THIRD: readonly Row[] = EVERY_FAULT.map((fault, i): Row => {
  return { fault, operation: OPERATIONS[i % OPERATIONS.length] ?? "listing" };
});

/** True for a fault that a proxy can inject. */
export function isInjected(fault: Row["fault"]): fault is FaultName {
  return Object.hasOwn(FAULTS, fault);
}
